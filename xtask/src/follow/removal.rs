//! A removal as returned by the Worker, and its description for people.

use anyhow::{Context, Result};
use serde_json::Value;

/// The displayed properties of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    state: String,
    dry_run: bool,
    meetings: (u64, u64),
    found: u64,
    removed: u64,
    absent: u64,
    failed: u64,
    requests: u64,
    seconds_left: Option<u64>,
    not_before: Option<String>,
    paused: Option<String>,
    last_error: Option<String>,
    kick_error: Option<String>,
}

impl Removal {
    /// Parses the body of `GET /removals/{id}`.
    pub fn read(body: &str) -> Result<Self> {
        let strange = "the answer is not a removal: does --url name this Worker?";
        let body: Value = serde_json::from_str(body).context(strange)?;
        let at = |pointer: &str| body.pointer(&format!("/result{pointer}"));
        let text = |pointer: &str| at(pointer).and_then(Value::as_str).map(str::to_owned);
        let count = |name: &str| at(&format!("/progress/{name}")).and_then(Value::as_u64);
        let state = text("/state").context(strange)?;
        let number = |name: &str| count(name).unwrap_or(0);
        let paused = text("/paused/reason").map(|reason| {
            let until = text("/paused/until").unwrap_or_default();
            match reason.as_str() {
                "token_refused" => {
                    "paused: Cloudflare refuses the API token (CLOUDFLARE_API_TOKEN)".to_owned()
                }
                "rate_limited" => format!("paused until {until}: RealtimeKit's limit is reached"),
                _ => format!("paused until {until}: {reason}"),
            }
        });
        Ok(Self {
            state,
            dry_run: at("/dry_run").and_then(Value::as_bool) == Some(true),
            meetings: (number("meetings_scanned"), number("meetings_total")),
            found: number("participants_found"),
            removed: number("removed"),
            absent: number("already_absent") + number("absent_after_ambiguous"),
            failed: number("failed"),
            requests: number("api_requests"),
            seconds_left: at("/estimated_seconds_left").and_then(Value::as_u64),
            not_before: text("/not_before"),
            paused,
            last_error: text("/last_error"),
            kick_error: text("/kick_error"),
        })
    }

    /// Returns whether nothing more will happen.
    pub fn is_final(&self) -> bool {
        self.exit_code() != STILL_RUNNING
    }

    /// Returns the exit code for the final state.
    pub fn exit_code(&self) -> u8 {
        match self.state.as_str() {
            "succeeded" => 0,
            "partially_failed" => 3,
            "failed" | "quarantined" => 4,
            "cancelled" => 5,
            _ => STILL_RUNNING,
        }
    }

    /// Returns how much is done, and of how much.
    pub fn share(&self) -> (u64, u64) {
        if self.state == "succeeded" {
            return (1, 1);
        }
        let (scanned, meetings) = self.meetings;
        let (done, of) = if meetings > 1 {
            (scanned, meetings)
        } else {
            (self.removed + self.absent + self.failed, self.found)
        };
        (done.min(of), of.max(1))
    }

    /// Returns its progress in one line.
    pub fn line(&self) -> String {
        let (scanned, meetings) = self.meetings;
        let dry = if self.dry_run { "dry run " } else { "" };
        let mut parts = vec![
            format!("{dry}{}", self.state),
            format!("meetings {scanned}/{meetings}"),
            format!("found {}", self.found),
        ];
        if !self.dry_run {
            parts.push(format!("removed {}", self.removed));
        }
        for (count, what) in [(self.absent, "already absent"), (self.failed, "failed")] {
            if count > 0 {
                parts.push(format!("{what} {count}"));
            }
        }
        parts.push(format!("{} API requests", self.requests));
        if let Some(start) = self
            .not_before
            .as_ref()
            .filter(|_| self.state == "scheduled")
        {
            parts.push(format!("not before {start}"));
        } else if let Some(seconds) = self.seconds_left {
            parts.push(format!("about {} left", spoken(seconds)));
        }
        parts.extend(self.paused.clone());
        let error = self.last_error.as_ref().filter(|_| !self.is_final());
        parts.extend(error.map(|error| format!("last error: {error}")));
        parts.join(", ")
    }

    /// Returns how it ended, and what to do about it.
    pub fn ending(&self) -> String {
        let failed = matches!(self.state.as_str(), "partially_failed" | "failed");
        let is_retried = failed || self.state == "succeeded" && self.kick_error.is_some();
        let advice = if is_retried {
            "\nTo retry what failed, POST to /removals/{id}/retry; the items give each reason."
        } else {
            ""
        };
        let tells = failed || self.state == "quarantined";
        let error = self.last_error.as_ref().filter(|_| tells);
        let error = error.map(|error| format!("\nlast error: {error}"));
        let kick = self.kick_error.as_ref().map(|error| {
            format!("\na kick failed ({error}): anyone who was live is still in the meeting until they leave or its session is ended")
        });
        let (error, kick) = (error.unwrap_or_default(), kick.unwrap_or_default());
        format!("{}{error}{kick}{advice}", self.line())
    }
}

/// Not a final state.
const STILL_RUNNING: u8 = u8::MAX;

/// Formats a time in the largest unit that is precise enough.
fn spoken(seconds: u64) -> String {
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removal(state: &str, more: &str) -> Removal {
        let body = format!(
            r#"{{"success":true,"result":{{"state":"{state}","dry_run":false,"progress":{{"meetings_total":300,
            "meetings_scanned":12,"participants_found":9,"removed":5,"already_absent":1,"absent_after_ambiguous":1,
            "failed":2,"api_requests":77}}{more}}}}}"#
        );
        Removal::read(&body).unwrap()
    }

    #[test]
    fn each_final_state_has_its_exit_code() {
        for (state, code) in [
            ("succeeded", 0),
            ("partially_failed", 3),
            ("failed", 4),
            ("cancelled", 5),
        ] {
            assert_eq!(removal(state, "").exit_code(), code);
            assert!(removal(state, "").is_final());
        }
        for state in ["scheduled", "queued", "running"] {
            assert!(!removal(state, "").is_final());
        }
    }

    #[test]
    fn progress_is_told_in_one_line() {
        let shown = removal("running", r#","estimated_seconds_left":130"#);
        assert_eq!(
            shown.line(),
            "running, meetings 12/300, found 9, removed 5, already absent 2, failed 2, 77 API requests, about 3 min left"
        );
        assert_eq!(shown.share(), (12, 300));
        let paused = removal(
            "running",
            r#","paused":{"reason":"token_refused","until":"x"}"#,
        );
        assert!(paused.line().contains("CLOUDFLARE_API_TOKEN"));
        let failed = removal("failed", r#","last_error":"RealtimeKit answered 500""#);
        assert!(failed.ending().contains("500") && failed.ending().contains("retry"));
        let quarantined = removal("quarantined", r#","last_error":"no meeting id""#).ending();
        assert!(quarantined.contains("no meeting id") && !quarantined.contains("retry"));
    }

    #[test]
    fn what_keeps_a_removal_from_going_on_is_told() {
        let trouble = r#","last_error":"RealtimeKit answered 503""#;
        assert!(
            removal("running", trouble)
                .line()
                .ends_with(", last error: RealtimeKit answered 503")
        );
        assert!(!removal("succeeded", trouble).line().contains("503"));
    }

    #[test]
    fn a_kick_that_failed_is_told_of_a_success_too() {
        let ended = removal(
            "succeeded",
            r#","last_error":"overcome","kick_error":"RealtimeKit answered 500""#,
        );
        let told = ended.ending();
        assert!(
            told.contains("a kick failed (RealtimeKit answered 500)") && !told.contains("overcome")
        );
        assert!(told.contains("/removals/{id}/retry"));
        assert!(!removal("succeeded", "").ending().contains("retry"));
    }

    #[test]
    fn a_dry_run_is_called_one() {
        let body = r#"{"result":{"state":"succeeded","dry_run":true,"progress":{"participants_found":24}}}"#;
        let line = Removal::read(body).unwrap().line();
        assert!(line.starts_with("dry run succeeded, ") && line.contains("found 24"));
    }

    #[test]
    fn what_is_no_removal_is_refused() {
        for body in ["", "<html>", "{}", r#"{"result":{}}"#] {
            assert!(Removal::read(body).is_err(), "{body}");
        }
    }
}
