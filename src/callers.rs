//! Identifies the caller.

use crate::config::Caller;
use crate::secret::bearer_token;

/// Returns the caller whose token is in an `authorization` header.
///
/// Every configured token is compared, in constant time, so that neither the answer nor its timing tells how close a
/// guess was. A duplicated header arrives joined by a comma, which no token contains.
#[must_use]
pub fn identify<'a>(authorization: Option<&str>, callers: &'a [Caller]) -> Option<&'a Caller> {
    let token = bearer_token(authorization?)?;
    callers.iter().fold(None, |found, caller| {
        if caller.token.matches(token) {
            Some(caller)
        } else {
            found
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn callers() -> Vec<Caller> {
        [
            ("a", "0123456789abcdef0123456789abcdef"),
            ("b", "fedcba9876543210fedcba9876543210"),
        ]
        .map(|(name, token)| Caller {
            name: name.to_owned(),
            token: Secret::new(token.to_owned()),
        })
        .into()
    }

    fn name(authorization: &str) -> Option<String> {
        identify(Some(authorization), &callers()).map(|caller| caller.name.clone())
    }

    #[test]
    fn each_caller_is_known_by_its_token() {
        assert_eq!(
            name("Bearer 0123456789abcdef0123456789abcdef").as_deref(),
            Some("a")
        );
        assert_eq!(
            name("bearer  fedcba9876543210fedcba9876543210").as_deref(),
            Some("b")
        );
    }

    #[test]
    fn nothing_else_is_a_caller() {
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "0123456789abcdef0123456789abcdef",
            "Basic 0123456789abcdef0123456789abcdef",
            "Bearer 0123456789abcdef0123456789abcde",
            "Bearer 0123456789abcdef0123456789abcdefa",
            "Bearer 0123456789ABCDEF0123456789abcdef",
            "Bearer 0123456789abcdef0123456789abcdef, Bearer 0123456789abcdef0123456789abcdef",
            "Bearer 0123456789abcdef0123456789abcdef,",
            "Bearer\t0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(name(wrong), None, "{wrong:?}");
        }
        assert!(identify(None, &callers()).is_none());
    }
}
