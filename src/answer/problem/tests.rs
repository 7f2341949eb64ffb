use super::*;

#[test]
fn a_field_is_named_in_the_message_and_by_pointer() {
    let answer = Problem::from(FieldProblem::new("/meeting_id", "must be a UUID")).answer();
    assert_eq!(
        answer.body,
        r#"{"success":false,"errors":[{"code":1101,"message":"meeting_id must be a UUID","source":{"pointer":"/meeting_id"}}],"messages":[],"result":null}"#
    );
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .headers
            .contains(&("x-should-retry", "false".to_owned()))
    );
}

#[test]
fn what_is_wrong_with_the_whole_body_is_said_of_it() {
    let answer = Problem::from(FieldProblem::new("", "needs a target")).answer();
    assert!(
        answer
            .body
            .contains(r#""message":"the body needs a target","source":{"pointer":""}"#)
    );
}

#[test]
fn what_is_missing_is_named_one_by_one() {
    let problem = |name: &str| ConfigProblem {
        name: name.to_owned(),
        message: "is missing".to_owned(),
    };
    let answer = Problem::NotConfigured(vec![problem("A"), problem("B")]).answer();
    assert_eq!(answer.status, 503);
    assert!(
        answer.body.contains(r#""message":"A is missing""#) && answer.body.contains("B is missing")
    );
}

#[test]
fn only_what_a_retry_may_mend_may_be_retried() {
    let retried = |problem: Problem| {
        !problem
            .answer()
            .headers
            .iter()
            .any(|(name, _)| *name == "x-should-retry")
    };
    assert!(retried(Problem::NotStored));
    assert!(!retried(Problem::KeyReused("Idempotency-Key")) && !retried(Problem::UnknownCaller));
    assert!(!retried(Problem::NotConfigured(Vec::new())));
}
