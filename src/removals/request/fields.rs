//! The fields of one removal in a body, each at most once and none unknown.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::FieldProblem;
use crate::ids::InvalidId;
use crate::json::object_entries;

const FIELDS: &str = "meeting_id, participant_id, custom_participant_id, all, app_id, kick, dry_run, not_before, reason";

/// More distinct fields than an object here can have.
const MAX_FIELDS: usize = 16;

/// The fields of an object, unparsed.
pub type Entries<'a> = Vec<(String, &'a RawValue)>;

/// Returns the fields of an object, and refuses duplicates.
pub fn entries<'a>(value: &'a RawValue, prefix: &str) -> Result<Entries<'a>, FieldProblem> {
    let entries: Entries<'a> = object_entries(value.get()).ok_or_else(|| {
        let message = format!("must be an object with some of {FIELDS}");
        FieldProblem::new(prefix, message)
    })?;
    // If there are more, one of these is unknown.
    for (index, (name, _)) in entries.iter().take(MAX_FIELDS).enumerate() {
        if entries.iter().take(index).any(|(other, _)| other == name) {
            return Err(FieldProblem::at(prefix, name, "is given twice"));
        }
    }
    Ok(entries)
}

/// The fields of one removal, unparsed.
#[derive(Default)]
pub struct Fields<'a> {
    pub meeting_id: Option<&'a RawValue>,
    pub participant_id: Option<&'a RawValue>,
    pub custom_participant_id: Option<&'a RawValue>,
    pub all: Option<&'a RawValue>,
    pub app_id: Option<&'a RawValue>,
    pub kick: Option<&'a RawValue>,
    pub dry_run: Option<&'a RawValue>,
    pub not_before: Option<&'a RawValue>,
    pub reason: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    /// Assigns the fields by name, and refuses unknown ones.
    pub fn of(entries: &Entries<'a>, prefix: &str) -> Result<Self, FieldProblem> {
        let mut fields = Self::default();
        for (name, value) in entries {
            let field = match name.as_str() {
                "meeting_id" => &mut fields.meeting_id,
                "participant_id" => &mut fields.participant_id,
                "custom_participant_id" => &mut fields.custom_participant_id,
                "all" => &mut fields.all,
                "app_id" => &mut fields.app_id,
                "kick" => &mut fields.kick,
                "dry_run" => &mut fields.dry_run,
                "not_before" => &mut fields.not_before,
                "reason" => &mut fields.reason,
                _ => {
                    // A list of removals holds no lists.
                    let list = if prefix.is_empty() { ", removals" } else { "" };
                    let message = format!("is not a field of a removal: those are {FIELDS}{list}");
                    return Err(FieldProblem::at(prefix, name, message));
                }
            };
            *field = Some(value);
        }
        Ok(fields)
    }
}

impl Fields<'_> {
    /// Returns the name of a given field that belongs to a target, if there is one.
    pub fn of_a_target(&self) -> Option<&'static str> {
        let fields = [
            ("meeting_id", self.meeting_id),
            ("participant_id", self.participant_id),
            ("custom_participant_id", self.custom_participant_id),
            ("all", self.all),
        ];
        fields
            .into_iter()
            .find_map(|(name, value)| value.map(|_| name))
    }

    /// Returns whether the option of that name is given.
    pub fn has_option(&self, name: &str) -> bool {
        match name {
            "app_id" => self.app_id,
            "kick" => self.kick,
            "dry_run" => self.dry_run,
            "not_before" => self.not_before,
            "reason" => self.reason,
            _ => None,
        }
        .is_some()
    }
}

/// Parses a field, if given.
pub fn typed<'a, T: Deserialize<'a>>(
    value: Option<&'a RawValue>,
    prefix: &str,
    name: &str,
    rule: &str,
) -> Result<Option<T>, FieldProblem> {
    value
        .map(|value| {
            serde_json::from_str(value.get()).map_err(|_| FieldProblem::at(prefix, name, rule))
        })
        .transpose()
}

/// Parses an id, if given.
pub fn id<T>(
    value: Option<&RawValue>,
    prefix: &str,
    name: &str,
    parse: fn(&str) -> Result<T, InvalidId>,
) -> Result<Option<T>, FieldProblem> {
    let text: Option<String> = typed(value, prefix, name, "must be a string")?;
    text.map(|text| parse(&text).map_err(|error| FieldProblem::at(prefix, name, error.0)))
        .transpose()
}
