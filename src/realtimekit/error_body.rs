//! The bodies of errors, in the two shapes that a client of the API must read.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::object::Object;

/// An error body in either shape: `RealtimeKit`'s `error` or Cloudflare's `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    /// The code, where the body has one.
    pub code: Option<i64>,
    /// The message, where the body has one.
    pub message: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    success: bool,
    error: Option<Object<FailureDetail>>,
    #[serde(default)]
    errors: Vec<Object<FailureDetail>>,
}

#[derive(Deserialize)]
struct FailureDetail {
    code: Option<Code>,
    message: Option<String>,
}

/// A code is a number; a text is read as one where it is one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(i64),
    Text(String),
    Other(IgnoredAny),
}

impl Code {
    fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.parse().ok(),
            Self::Other(IgnoredAny) => None,
        }
    }
}

/// Reads an error body. `None` when it is none in either shape, such as a proxy's HTML.
#[must_use]
pub fn parse(body: &str) -> Option<ErrorBody> {
    let Object(failure): Object<Failure> = serde_json::from_str(body).ok()?;
    if failure.success {
        return None;
    }
    let detail = failure.error.or_else(|| failure.errors.into_iter().next());
    Some(match detail {
        Some(Object(detail)) => ErrorBody {
            code: detail.code.and_then(Code::number),
            message: detail.message,
        },
        None => ErrorBody {
            code: None,
            message: None,
        },
    })
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
