//! Error bodies, in the two shapes that a client of the API has to read.

use serde_json::Value;

/// An error body in either shape: `RealtimeKit`'s `error` or Cloudflare's `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    /// The code, if the body has one.
    pub code: Option<i64>,
    /// The message, if the body has one.
    pub message: Option<String>,
}

/// Parses an error body: its first code and its first message. Returns `None` for neither shape, like a proxy's HTML.
#[must_use]
pub fn parse(body: &str) -> Option<ErrorBody> {
    let failure: Value = serde_json::from_str(body).ok()?;
    let failure = failure.as_object()?;
    if failure.get("success")?.as_bool()? {
        return None;
    }
    let errors = match failure.get("errors") {
        None | Some(Value::Null) => &[],
        Some(errors) => errors.as_array()?.as_slice(),
    };
    let mut found = ErrorBody {
        code: None,
        message: None,
    };
    for detail in failure.get("error").into_iter().chain(errors) {
        let (code, message) = read(detail)?;
        found.code = found.code.or(code);
        found.message = found.message.or(message);
    }
    Some(found)
}

/// Reads the code and the message of an error; a string is a message, `null` has neither. `None` for anything else.
fn read(detail: &Value) -> Option<(Option<i64>, Option<String>)> {
    let fields = match detail {
        Value::Null => return Some((None, None)),
        Value::String(message) => return Some((None, Some(message.clone()))),
        other => other.as_object()?,
    };
    // A code is a number; a string that holds a number is accepted as well.
    let code = fields.get("code");
    let code = code.and_then(|code| code.as_i64().or_else(|| code.as_str()?.parse().ok()));
    let message = match fields.get("message") {
        None | Some(Value::Null) => None,
        Some(message) => Some(message.as_str()?.to_owned()),
    };
    Some((code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_error_shapes_are_read() {
        let singular =
            parse(r#"{"success":false,"error":{"code":404,"message":"No user found with id x"}}"#);
        assert_eq!(
            singular,
            Some(ErrorBody {
                code: Some(404),
                message: Some("No user found with id x".to_owned())
            })
        );
        let plural = parse(
            r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[],"result":null}"#,
        );
        assert_eq!(
            plural,
            Some(ErrorBody {
                code: Some(10000),
                message: Some("Authentication error".to_owned())
            })
        );
        assert_eq!(
            parse(r#"{"success":false}"#),
            Some(ErrorBody {
                code: None,
                message: None
            })
        );
        let code = |body: &str| parse(body).and_then(|error| error.code);
        assert_eq!(
            code(r#"{"success":false,"error":{"code":"404"}}"#),
            Some(404)
        );
        assert_eq!(code(r#"{"success":false,"error":{"code":1.5}}"#), None);
        assert_eq!(parse("<html>not found</html>"), None);
        assert_eq!(parse(r#"{"success":true}"#), None);
    }

    #[test]
    fn null_is_as_absent_and_a_text_is_the_message() {
        let read = |body: &str| parse(body).map(|error| (error.code, error.message));
        let gone = || Some("gone".to_owned());
        for (body, expected) in [
            (
                r#"{"success":false,"error":{"code":404,"message":"gone"},"errors":null}"#,
                (Some(404), gone()),
            ),
            (
                r#"{"success":false,"error":null,"errors":[null,{"code":null,"message":"gone"}]}"#,
                (None, gone()),
            ),
            (
                r#"{"success":false,"error":null,"errors":null}"#,
                (None, None),
            ),
            (r#"{"success":false,"error":"gone"}"#, (None, gone())),
            (r#"{"success":false,"errors":["gone"]}"#, (None, gone())),
            // The code of an unknown app is not lost behind a string.
            (
                r#"{"success":false,"error":"gone","errors":[{"code":7003,"message":"Could not route"}]}"#,
                (Some(7003), gone()),
            ),
        ] {
            assert_eq!(read(body), Some(expected), "{body}");
        }
    }

    #[test]
    fn another_page_is_none_of_the_apis() {
        for wrong in [
            "",
            "null",
            r#""gone""#,
            r#"{"error":"gone"}"#,
            r#"{"success":null,"error":"gone"}"#,
            r#"{"success":false,"error":404}"#,
            r#"{"success":false,"error":["gone"]}"#,
            r#"{"success":false,"errors":"gone"}"#,
            r#"{"success":false,"errors":{"code":404}}"#,
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_array_is_no_error_body() {
        for wrong in [
            "[]",
            "[false,null]",
            r#"[false,{"code":404,"message":"gone"}]"#,
            r#"{"success":false,"error":[404,"gone"]}"#,
            r#"{"success":false,"errors":[[404,"gone"]]}"#,
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
