//! Query parameters. Unknown and duplicate ones are refused: a misspelt filter must not silently become a longer list,
//! nor a misspelt `kick` a weaker removal.

use percent_encoding::percent_decode_str;

use crate::answer::{FieldProblem, Problem};

/// Returns the names and the decoded values, in order. Each must be `allowed`, and may be given only once.
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
        let value = decoded(value).map_err(|rule| FieldProblem::at("", name, rule))?;
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// Decodes a value. One that is ambiguous or malformed is refused: somebody looking for a user's record must not
/// conclude that there is none.
fn decoded(value: &str) -> Result<String, &'static str> {
    if value.contains('+') {
        return Err("has a bare +: write %2B for a plus and %20 for a space");
    }
    let is_encoded = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !value.split('%').skip(1).all(is_encoded) {
        return Err("has a % without two hexadecimal digits: write %25 for it");
    }
    let value = percent_decode_str(value).decode_utf8();
    value
        .map(Into::into)
        .map_err(|_| "must be UTF-8, percent-encoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<String, Problem> {
        pairs(query, &["q"]).map(|pairs| pairs[0].1.clone())
    }

    #[test]
    fn a_value_is_decoded_once() {
        for (query, value) in [
            ("q=J%C3%B6rg%20Lee", "Jörg Lee"),
            ("q=a%2Bb@x.y", "a+b@x.y"),
            ("q=%2525", "%25"),
            ("q=a=b", "a=b"),
            ("q", ""),
        ] {
            assert_eq!(read(query).unwrap(), value, "{query}");
        }
    }

    #[test]
    fn what_can_be_meant_in_two_ways_or_in_none_is_refused() {
        for query in [
            "q=Ann+Lee",
            "q=%zz",
            "q=%2",
            "q=a%",
            "q=%\u{e9}1",
            "q=%FF",
            "q=J%F6rg",
        ] {
            let problem = read(query).unwrap_err().answer();
            assert_eq!(problem.status, 400, "{query}");
            assert!(problem.body.contains(r#""pointer":"/q""#), "{query}");
        }
    }
}
