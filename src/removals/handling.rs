//! Turns the decision about a webhook message into a call to the ledger or an immediate answer.

use super::LedgerCall;
use super::call::{Delivery, MeetingEnd, PendingCancel, Quarantine};
use super::request;
use crate::answer::{FieldProblem, Problem};
use crate::removal::{RemovalOrder, Target};
use crate::webhooks::{Decision, Refused, Source};

/// How a message is handled.
#[derive(Debug, PartialEq, Eq)]
pub enum Handling {
    /// This call goes to the ledger of the source's app.
    Call(LedgerCall),
    /// Nothing is to be stored.
    Ignored {
        /// Why.
        reason: String,
    },
    /// It is authentic, but cannot be understood.
    BadEvent(FieldProblem),
    /// It is meant for somebody else: answered like a wrong signature, with the reason in the log.
    Refused(Refused),
}

/// Returns how to handle a message of `source`, given the decision about it.
pub fn handling(source: &Source, decision: Decision) -> Result<Handling, Problem> {
    let name = source.origin();
    Ok(Handling::Call(match decision {
        Decision::Ignored { reason } => return Ok(Handling::Ignored { reason }),
        Decision::BadEvent { pointer, message } => {
            let pointer = pointer.map_or_else(String::new, |pointer| pointer.to_string());
            return Ok(Handling::BadEvent(FieldProblem::new(pointer, message)));
        }
        Decision::Refused(refused) => return Ok(Handling::Refused(refused)),
        Decision::Remove {
            order,
            event_at_ms,
            message,
            leaving,
        } => LedgerCall::Deliver(Delivery {
            source: name,
            body: order_body(&order)?,
            message,
            event_at_ms,
            leaving,
        }),
        Decision::CancelPending {
            targets,
            joined_at_ms,
            peer,
        } => LedgerCall::CancelPending(PendingCancel {
            source: name,
            body: targets_body(source, targets)?,
            event_at_ms: joined_at_ms,
            peer,
        }),
        Decision::Ended {
            meeting,
            ended_at_ms,
        } => LedgerCall::Ended(MeetingEnd {
            source: name,
            body: targets_body(source, vec![Target::EveryoneInMeeting { meeting }])?,
            event_at_ms: ended_at_ms,
        }),
        Decision::Quarantine { reason, message } => LedgerCall::Quarantine(Quarantine {
            source: name,
            problem: reason,
            message,
        }),
    }))
}

fn order_body(order: &RemovalOrder) -> Result<String, Problem> {
    request::body(order).map_err(|_| Problem::NotStored)
}

fn targets_body(source: &Source, targets: Vec<Target>) -> Result<String, Problem> {
    order_body(&RemovalOrder {
        app: source.app.clone(),
        targets,
        kick: false,
        dry_run: false,
        not_before_ms: None,
        reason: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CustomParticipantId, MeetingId};
    use crate::removal::{Leaving, MessageKey};
    use crate::removals::fixture::source;
    use crate::webhooks::pointer::Pointer;

    const MEETING: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

    fn meeting() -> MeetingId {
        MeetingId::parse(MEETING).unwrap()
    }

    fn message() -> MessageKey {
        MessageKey {
            key: "id/1".to_owned(),
            digest: "d".to_owned(),
        }
    }

    fn call(decision: Decision) -> LedgerCall {
        match handling(&source(), decision) {
            Ok(Handling::Call(call)) => call,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_to_be_stored_goes_to_the_ledger() {
        let user = CustomParticipantId::parse("user-1").unwrap();
        let leaving = Some(Leaving::Connection { peer: None });
        let removed = call(Decision::Remove {
            order: RemovalOrder {
                app: source().app,
                targets: vec![Target::UserInMeeting {
                    meeting: meeting(),
                    user: user.clone(),
                }],
                kick: true,
                dry_run: false,
                not_before_ms: Some(1_790_000_000_000),
                reason: Some("left".to_owned()),
            },
            event_at_ms: Some(7),
            message: message(),
            leaving: leaving.clone(),
        });
        let target = format!(r#"{{"meeting_id":"{MEETING}","custom_participant_id":"user-1"}}"#);
        let options = r#""app_id":"app1","kick":true,"dry_run":false,"not_before":"2026-09-21T14:13:20.000Z","reason":"left""#;
        let expected = LedgerCall::Deliver(Delivery {
            source: "webhook:realtimekit".to_owned(),
            body: format!(r#"{{"removals":[{target}],{options}}}"#),
            message: message(),
            event_at_ms: Some(7),
            leaving,
        });
        assert_eq!(removed, expected);

        let quarantined = call(Decision::Quarantine {
            reason: "no meeting".to_owned(),
            message: message(),
        });
        let expected = LedgerCall::Quarantine(Quarantine {
            source: "webhook:realtimekit".to_owned(),
            problem: "no meeting".to_owned(),
            message: message(),
        });
        assert_eq!(quarantined, expected);
    }

    #[test]
    fn somebody_who_is_back_and_a_meeting_that_has_ended_are_targets() {
        let everyone = Target::EveryoneInMeeting { meeting: meeting() };
        let cancelled = call(Decision::CancelPending {
            targets: vec![everyone],
            joined_at_ms: Some(8),
            peer: Some("peer-1".to_owned()),
        });
        let target = format!(r#"{{"meeting_id":"{MEETING}","all":true"#);
        let LedgerCall::CancelPending(PendingCancel {
            source,
            body,
            event_at_ms: Some(8),
            peer: Some(peer),
        }) = cancelled
        else {
            panic!("{cancelled:?}");
        };
        assert_eq!(
            (source.as_str(), peer.as_str()),
            ("webhook:realtimekit", "peer-1")
        );
        assert!(body.contains(&target), "{body}");

        let ended = call(Decision::Ended {
            meeting: meeting(),
            ended_at_ms: Some(9),
        });
        let LedgerCall::Ended(MeetingEnd {
            body,
            event_at_ms: Some(9),
            ..
        }) = ended
        else {
            panic!("{ended:?}");
        };
        assert!(body.contains(&target), "{body}");
    }

    #[test]
    fn what_is_not_to_be_stored_is_answered_at_once() {
        let ignored = handling(
            &source(),
            Decision::Ignored {
                reason: "no rule".to_owned(),
            },
        );
        let reason = "no rule".to_owned();
        assert_eq!(ignored, Ok(Handling::Ignored { reason }));

        let refused = handling(&source(), Decision::Refused(Refused::OtherOrganization));
        assert_eq!(refused, Ok(Handling::Refused(Refused::OtherOrganization)));

        for (pointer, expected) in [(Some("/data/id"), "/data/id"), (None, "")] {
            let bad = handling(
                &source(),
                Decision::BadEvent {
                    pointer: pointer.map(|text| Pointer::parse(text).unwrap()),
                    message: "is no text".to_owned(),
                },
            );
            let expected = FieldProblem::new(expected, "is no text");
            assert_eq!(bad, Ok(Handling::BadEvent(expected)));
        }
    }
}
