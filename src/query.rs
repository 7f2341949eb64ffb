//! The parameters of a query. What is unknown or given twice is refused: a misspelt filter must not become a longer list
//! in silence, nor a misspelt `kick` a weaker removal.

use percent_encoding::percent_decode_str;

use crate::answer::{FieldProblem, Problem};

/// The names and the decoded values, in their order; only those that are `allowed`, and each of them once.
pub fn pairs<'a>(query: &'a str, allowed: &[&str]) -> Result<Vec<(&'a str, String)>, Problem> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !allowed.contains(&name) {
            return Err(FieldProblem::unknown_parameter(name, allowed).into());
        }
        if pairs.iter().any(|(given, _)| *given == name) {
            return Err(FieldProblem::at("", name, "must be given once").into());
        }
        pairs.push((
            name,
            percent_decode_str(value).decode_utf8_lossy().into_owned(),
        ));
    }
    Ok(pairs)
}
