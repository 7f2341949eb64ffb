//! Parses the body of `POST /removals` into an order, with one target, or up to 1,000 of them in `{"removals": [..]}`.
//!
//! Everything is checked before anything is stored, and every error names its field by a JSON pointer.

mod body;
mod fields;
mod options;

use serde_json::value::RawValue;

pub use body::body;
use fields::{Entries, Fields, entries, id, typed};
pub use options::MAX_DELAY_MS;
use options::Options;

use crate::answer::{FieldProblem, Problem};
use crate::config::Config;
use crate::ids::{CustomParticipantId, MeetingId, ParticipantId};
use crate::removal::order::{RemovalOrder, Target};

/// How many targets one request may have.
pub const MAX_TARGETS: usize = 1000;

/// Parses the body. All entries of a list must have the same options, since they form one removal.
pub fn parse(body: &[u8], config: &Config, now_ms: u64) -> Result<RemovalOrder, Problem> {
    let body = std::str::from_utf8(body).map_err(|_| not_json("it is not UTF-8"))?;
    let value: &RawValue =
        serde_json::from_str(body).map_err(|error| not_json(&error.to_string()))?;
    let (list, rest): (Entries<'_>, Entries<'_>) = entries(value, "")?
        .into_iter()
        .partition(|(name, _)| name == "removals");
    let fields = Fields::of(&rest, "")?;
    let none = Options::none(config);
    let Some((_, list)) = list.first() else {
        let target = target(&fields, "")?;
        let options = Options::of(&fields, "", &none, config, now_ms)?;
        return Ok(options.order(vec![target]));
    };
    if let Some(name) = fields.of_a_target() {
        return Err(FieldProblem::at(
            "",
            name,
            "cannot be given beside removals: put it in each entry",
        )
        .into());
    }
    let shared = Options::of(&fields, "", &none, config, now_ms)?;
    let (mut targets, mut first) = (Vec::new(), None);
    for (index, value) in values(list)?.into_iter().enumerate() {
        let prefix = format!("/removals/{index}");
        let own = entries(value, &prefix)?;
        let own = Fields::of(&own, &prefix)?;
        targets.push(target(&own, &prefix)?);
        let options = Options::of(&own, &prefix, &shared, config, now_ms)?;
        let first = first.get_or_insert_with(|| options.clone());
        let contradicted = shared
            .differences(&options)
            .find(|name| fields.has_option(name));
        if let Some(field) = contradicted.or_else(|| first.differences(&options).next()) {
            let rule = "must be the same in all removals of one request";
            return Err(FieldProblem::at(&prefix, field, rule).into());
        }
    }
    Ok(first.unwrap_or(shared).order(targets))
}

/// Returns the removals of a list, unparsed.
fn values(list: &RawValue) -> Result<Vec<&RawValue>, FieldProblem> {
    let values: Vec<&RawValue> = serde_json::from_str(list.get())
        .map_err(|_| FieldProblem::new("/removals", "must be an array"))?;
    if values.is_empty() || values.len() > MAX_TARGETS {
        let rule = format!("must hold 1 to {MAX_TARGETS} removals");
        return Err(FieldProblem::new("/removals", rule));
    }
    Ok(values)
}

fn not_json(why: &str) -> Problem {
    Problem::NotJson(format!("the body must be JSON: {why}"))
}

fn target(fields: &Fields<'_>, prefix: &str) -> Result<Target, FieldProblem> {
    let meeting = id(fields.meeting_id, prefix, "meeting_id", MeetingId::parse)?;
    let participant = id(
        fields.participant_id,
        prefix,
        "participant_id",
        ParticipantId::parse,
    )?;
    let user = id(
        fields.custom_participant_id,
        prefix,
        "custom_participant_id",
        CustomParticipantId::parse,
    )?;
    let rule = "must be true where it is given";
    let all = typed::<bool>(fields.all, prefix, "all", rule)?;
    if all == Some(false) {
        return Err(FieldProblem::at(prefix, "all", rule));
    }
    one_target(meeting, participant, user, all.is_some())
        .map_err(|(field, problem)| FieldProblem::new(format!("{prefix}{field}"), problem))
}

/// Returns the target that these fields make, or a pointer to the field that is missing or one too many, and why.
fn one_target(
    meeting: Option<MeetingId>,
    participant: Option<ParticipantId>,
    user: Option<CustomParticipantId>,
    all: bool,
) -> Result<Target, (&'static str, &'static str)> {
    match (meeting, participant, user, all) {
        (Some(meeting), Some(participant), None, false) => Ok(Target::Participant {
            meeting,
            participant,
        }),
        (Some(meeting), None, Some(user), false) => Ok(Target::UserInMeeting { meeting, user }),
        (Some(meeting), None, None, true) => Ok(Target::EveryoneInMeeting { meeting }),
        (None, None, Some(user), false) => Ok(Target::UserEverywhere { user }),
        (_, Some(_), Some(_), _) => Err((
            "/custom_participant_id",
            "and participant_id are two targets: give one of them",
        )),
        (_, Some(_), _, true) => Err((
            "/all",
            "and participant_id are two targets: give one of them",
        )),
        (_, _, Some(_), true) => Err((
            "/all",
            "and custom_participant_id are two targets: give one of them",
        )),
        (None, Some(_), ..) => Err((
            "/meeting_id",
            "is missing: a participant belongs to one meeting",
        )),
        (None, None, None, true) => Err((
            "/meeting_id",
            "is missing: all means everyone in one meeting",
        )),
        (Some(_), None, None, false) => Err((
            "",
            "needs a target beside meeting_id: participant_id, custom_participant_id or \"all\": true",
        )),
        (None, None, None, false) => Err((
            "",
            "needs a target: meeting_id with participant_id, custom_participant_id or \"all\": true, or \
             custom_participant_id alone",
        )),
    }
}

#[cfg(test)]
mod tests;
