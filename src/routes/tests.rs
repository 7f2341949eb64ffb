use super::*;

fn delete(path: &str) -> Result<ParticipantPath<'_>, RouteError> {
    match route("DELETE", path)? {
        Route::DeleteParticipant(path) => Ok(path),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_delete_has_a_long_and_a_short_path() {
    let long = "/accounts/a/realtime/kit/k/meetings/m/participants/p";
    let expected = ParticipantPath {
        owner: Some(("a".into(), "k".into())),
        meeting: "m".into(),
        participant: "p".into(),
    };
    assert_eq!(delete(long), Ok(expected.clone()));
    assert_eq!(delete(&format!("/client/v4{long}")), Ok(expected));
    assert_eq!(delete("/meetings/m/participants/p").unwrap().owner, None);
    assert_eq!(
        delete("/client/v4/meetings/m/participants/p"),
        Err(RouteError::UnknownPath)
    );
}

#[test]
fn every_route_has_its_name() {
    for (method, path, name) in [
        ("GET", "/healthz", "GET /healthz"),
        ("HEAD", "/healthz", "GET /healthz"),
        (
            "DELETE",
            "/accounts/a/realtime/kit/k/meetings/m/participants/p",
            "DELETE /accounts/{account_id}/realtime/kit/{app_id}/meetings/{meeting_id}/participants/{participant_id}",
        ),
        (
            "DELETE",
            "/meetings/m/participants/p",
            "DELETE /meetings/{meeting_id}/participants/{participant_id}",
        ),
        ("POST", "/removals", "POST /removals"),
        ("GET", "/removals", "GET /removals"),
        ("GET", "/removals/x", "GET /removals/{id}"),
        ("DELETE", "/removals/x", "DELETE /removals/{id}"),
        ("POST", "/removals/x/retry", "POST /removals/{id}/retry"),
        ("POST", "/webhooks/clerk", "POST /webhooks/{source}"),
    ] {
        let found = route(method, path).map(|route| route.name());
        assert_eq!(found, Ok(name), "{method} {path}");
    }
}

#[test]
fn a_segment_is_decoded_once() {
    assert_eq!(
        delete("/meetings/m/participants/a%2Fb")
            .unwrap()
            .participant,
        "a/b"
    );
    assert_eq!(
        delete("/meetings/m/participants/%252e")
            .unwrap()
            .participant,
        "%2e"
    );
    assert_eq!(
        delete("/meetings/m/participants/%ff").unwrap().participant,
        "\u{fffd}"
    );
    assert_eq!(
        delete("/meetings/m/participants/%zz").unwrap().participant,
        "%zz"
    );
}

#[test]
fn other_paths_have_no_route() {
    for path in [
        "",
        "/",
        "//",
        "/meetings",
        "/meetings/m/participants",
        "/meetings/m/participants/p/",
        "/meetings/m/participants/p/x",
        "/accounts/a/realtime/kit/k/meetings/m/participants/p/x",
        "/accounts/a/realtime/kit/k/meetings/m",
        "/client/v4/removals",
        "/removals/",
        "/removals/x/y",
        "/webhooks",
        "/a/b/c/d/e/f/g/h/i/j/k",
    ] {
        assert_eq!(
            route("DELETE", path),
            Err(RouteError::UnknownPath),
            "{path}"
        );
    }
}

#[test]
fn another_method_is_told_which_ones_there_are() {
    for (method, path, allow) in [
        ("GET", "/meetings/m/participants/p", "DELETE"),
        ("delete", "/meetings/m/participants/p", "DELETE"),
        (
            "POST",
            "/accounts/a/realtime/kit/k/meetings/m/participants/p",
            "DELETE",
        ),
        ("POST", "/healthz", "GET, HEAD"),
        ("PUT", "/removals", "GET, HEAD, POST"),
        ("POST", "/removals/x", "GET, HEAD, DELETE"),
        ("GET", "/removals/x/retry", "POST"),
        ("GET", "/webhooks/clerk", "POST"),
    ] {
        assert_eq!(
            route(method, path),
            Err(RouteError::MethodNotAllowed(allow)),
            "{method} {path}"
        );
    }
}

#[test]
fn the_path_is_cut_out_of_the_url() {
    assert_eq!(path_and_query("http://h:1/a/b?x=1"), ("/a/b", Some("x=1")));
    assert_eq!(path_and_query("http://h"), ("/", None));
    assert_eq!(path_and_query("https://h/a#f?x"), ("/a", None));
}
