use super::*;
use crate::removals::fixture::served;
use crate::secret::Secret;

const NOW: u64 = 1_790_000_000_000;
const ID: &str = "01KX7Q0000ABCDEFGHJKMNPQRS";

fn ask(
    route: &RemovalsRoute<'_>,
    query: &str,
    key: Option<&str>,
    body: &str,
) -> Result<Admitted, Problem> {
    let caller = Caller {
        name: "desk".to_owned(),
        token: Secret::new("x".to_owned()),
    };
    admit(
        &served(),
        &caller,
        route,
        Some(query),
        key,
        body.as_bytes(),
        NOW,
    )
}

fn pointer(result: Result<Admitted, Problem>) -> String {
    match result {
        Err(Problem::InvalidField(field)) => field.pointer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_creation_goes_to_the_ledger_of_its_app_with_the_callers_name() {
    let body = r#"{"custom_participant_id":"u","app_id":"app2"}"#;
    let admitted = ask(&RemovalsRoute::Create, "", Some("key-1"), body).unwrap();
    assert_eq!(admitted.app.as_str(), "app2");
    assert_eq!(
        admitted.call,
        LedgerCall::Create(Creation {
            caller: "desk".to_owned(),
            body: body.to_owned(),
            idempotency_key: Some("key-1".to_owned())
        })
    );
}

#[test]
fn a_cancel_goes_to_the_ledger_with_the_callers_name() {
    let cancel = ask(&RemovalsRoute::Cancel(ID.into()), "", None, "").unwrap();
    let (id, caller) = (ID.to_owned(), Some("desk".to_owned()));
    assert_eq!(cancel.call, LedgerCall::Cancel { id, caller });
}

#[test]
fn a_page_has_fifty_rows_when_nobody_says() {
    let limit = |route| match ask(&route, "", None, "").unwrap().call {
        LedgerCall::List(ListQuery { limit, .. }) | LedgerCall::Show(ShowQuery { limit, .. }) => {
            limit
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(limit(RemovalsRoute::List), 50);
    assert_eq!(limit(RemovalsRoute::Show(ID.into())), 50);
}

#[test]
fn a_key_is_visible_ascii_of_bounded_length() {
    let body = r#"{"custom_participant_id":"u"}"#;
    for key in ["", "a b", "é", &"k".repeat(256)] {
        assert_eq!(
            pointer(ask(&RemovalsRoute::Create, "", Some(key), body)),
            "/Idempotency-Key",
            "{key}"
        );
    }
    assert!(ask(&RemovalsRoute::Create, "", Some(&"k".repeat(255)), body).is_ok());
}

#[test]
fn a_list_is_filtered_and_paged() {
    let admitted = ask(
        &RemovalsRoute::List,
        "state=failed&custom_participant_id=ann%40example.com&source=webhook:clerk&cursor=7&limit=200&app_id=app2",
        None,
        "",
    )
    .unwrap();
    assert_eq!(admitted.app.as_str(), "app2");
    assert_eq!(
        admitted.call,
        LedgerCall::List(ListQuery {
            state: Some("failed".to_owned()),
            user: Some("ann@example.com".to_owned()),
            source: Some("webhook:clerk".to_owned()),
            cursor: Some(7),
            limit: 200
        })
    );
}

#[test]
fn what_a_query_may_not_say_is_named() {
    for (query, named) in [
        ("state=done", "/state"),
        ("source=clerk", "/source"),
        ("cursor=", "/cursor"),
        ("cursor=x", "/cursor"),
        ("cursor=-1", "/cursor"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=+5", "/limit"),
        ("app_id=a/b", "/app_id"),
        ("limit=5&limit=6", "/limit"),
        ("stat=failed", "/stat"),
        ("wait=5", "/wait"),
    ] {
        assert_eq!(
            pointer(ask(&RemovalsRoute::List, query, None, "")),
            named,
            "{query}"
        );
    }
    let other = ask(&RemovalsRoute::List, "app_id=app3", None, "");
    assert_eq!(other, Err(Problem::NotServed("/app_id".to_owned())));
    assert_eq!(
        pointer(ask(&RemovalsRoute::Show(ID.into()), "wait=31", None, "")),
        "/wait"
    );
}

#[test]
fn an_id_that_is_none_is_unknown() {
    for id in ["", "x", "../healthz", "01KX7Q0000ABCDEFGHJKMNPQRSX"] {
        assert_eq!(
            ask(&RemovalsRoute::Show(id.into()), "", None, ""),
            Err(Problem::UnknownRemoval),
            "{id}"
        );
        assert_eq!(
            ask(&RemovalsRoute::Retry(id.into()), "", None, ""),
            Err(Problem::UnknownRemoval),
            "{id}"
        );
    }
    assert!(
        ask(
            &RemovalsRoute::Cancel(ID.to_lowercase().into()),
            "",
            None,
            ""
        )
        .is_ok()
    );
}

#[test]
fn a_call_survives_its_way_to_the_ledger() {
    let body = r#"{"custom_participant_id":"u \"quoted\" 日本"}"#;
    for admitted in [
        ask(&RemovalsRoute::Create, "", None, body).unwrap(),
        ask(
            &RemovalsRoute::Show(ID.into()),
            "wait=30&cursor=3&limit=9",
            None,
            "",
        )
        .unwrap(),
        ask(&RemovalsRoute::Retry(ID.into()), "", None, "").unwrap(),
    ] {
        let json = serde_json::to_string(&admitted.call).unwrap();
        assert_eq!(
            serde_json::from_str::<LedgerCall>(&json).unwrap(),
            admitted.call,
            "{json}"
        );
    }
}

#[test]
fn a_removal_whose_app_nobody_names_may_be_any_apps() {
    let one = |query| ask(&RemovalsRoute::Show(ID.into()), query, None, "").unwrap();
    let (unsaid, said) = (one(""), one("app_id=app1"));
    assert_eq!((unsaid.app.as_str(), unsaid.any_app), ("app1", true));
    assert_eq!((said.app.as_str(), said.any_app), ("app1", false));
    for route in [
        RemovalsRoute::Cancel(ID.into()),
        RemovalsRoute::Retry(ID.into()),
    ] {
        assert!(ask(&route, "", None, "").unwrap().any_app);
        assert!(!ask(&route, "app_id=app2", None, "").unwrap().any_app);
    }
    assert!(!ask(&RemovalsRoute::List, "", None, "").unwrap().any_app);
}
