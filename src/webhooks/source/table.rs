//! A table of the configuration, whose fields are taken one by one. Everything that is wrong is named, and no value is
//! shown: a secret may be in the wrong place.

use serde_json::{Map, Value};

use super::text::is_field;
use crate::webhooks::rules::Problem;

/// A table, less the fields that have been taken.
#[derive(Debug)]
pub struct Table<'a> {
    /// Where it is in its source: empty for the source itself.
    place: &'a str,
    left: Map<String, Value>,
    taken: Vec<&'static str>,
    problems: &'a mut Vec<Problem>,
    problems_before: usize,
}

impl<'a> Table<'a> {
    /// Begins to read a table.
    pub fn of(place: &'a str, value: Value, problems: &'a mut Vec<Problem>) -> Option<Self> {
        let Value::Object(left) = value else {
            problems.push((place.to_owned(), "must be a table".to_owned()));
            return None;
        };
        Some(Self {
            place,
            left,
            taken: Vec::new(),
            problems_before: problems.len(),
            problems,
        })
    }

    /// Takes a field of any type. `null` counts as absent.
    pub fn value(&mut self, name: &'static str) -> Option<Value> {
        self.taken.push(name);
        self.left.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a string.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            _ => self.wrong(name, "must be a string"),
        }
    }

    /// Takes a boolean.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(flag) => Some(flag),
            _ => self.wrong(name, "must be true or false"),
        }
    }

    /// Takes a whole number that is not negative.
    pub fn number(&mut self, name: &'static str) -> Option<u64> {
        let number = self.value(name)?.as_u64();
        number.or_else(|| self.wrong(name, "must be a whole number that is not negative"))
    }

    /// Takes a list.
    pub fn list(&mut self, name: &'static str) -> Option<Vec<Value>> {
        match self.value(name)? {
            Value::Array(values) => Some(values),
            _ => self.wrong(name, "must be a list"),
        }
    }

    /// Takes a table.
    pub fn table(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        match self.value(name)? {
            Value::Object(fields) => Some(fields),
            _ => self.wrong(name, "must be a table"),
        }
    }

    fn wrong<T>(&mut self, name: &str, rule: &str) -> Option<T> {
        let dot = if self.place.is_empty() { "" } else { "." };
        let field = format!("{}{dot}{name}", self.place);
        self.problems.push((field, rule.to_owned()));
        None
    }

    /// Ends reading: what is left is unknown.
    pub fn end(self) {
        let _whether_right = self.ends_right();
    }

    /// Ends reading. Returns whether nothing was wrong.
    #[must_use]
    pub fn ends_right(self) -> bool {
        for name in self.left.keys() {
            let rule = format!(
                "has the unknown field `{}`: its fields are {}",
                if is_field(name) { name } else { "…" },
                self.taken.join(", ")
            );
            self.problems.push((self.place.to_owned(), rule));
        }
        self.problems.len() == self.problems_before
    }
}
