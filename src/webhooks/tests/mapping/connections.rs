//! The names of connections.

use super::realtimekit::rtk;
use super::*;
use crate::removal::Leaving;

#[test]
fn a_name_that_none_can_have_is_no_name() {
    let source = ready_realtimekit(r#"{"participant_left": true}"#);
    let (longest, longer) = ("p".repeat(128), "p".repeat(129));
    for (named, expected) in [
        (json!("p"), Some("p")),
        (json!(longest), Some(&longest[..])),
        (json!(longer), None),
        (json!(""), None),
        (json!(7), None),
        (json!(null), None),
    ] {
        let mut body = rtk("meeting.participantLeft", &json!("u"));
        body["participant"]["peerId"] = named;
        let Decision::Remove { leaving, .. } = decision(&source, &body) else {
            panic!("{body}");
        };
        let peer = expected.map(str::to_owned);
        assert_eq!(leaving, Some(Leaving::Connection { peer }), "{body}");
    }
}
