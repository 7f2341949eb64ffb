//! Presets: the scheme and the event of a well-known sender, so that a source needs only a name and a secret.

use super::source::scheme::SchemeName;

/// A well-known sender.
#[derive(Debug)]
pub struct Preset {
    /// Its name in `preset`.
    pub name: &'static str,
    /// The scheme.
    pub scheme: SchemeName,
    /// The event that says that a user is gone: pointers, each with the values that match there.
    pub when: &'static [(&'static str, &'static [&'static str])],
    /// Where the user's id is.
    pub user: &'static str,
    /// Where the event's own id is, if no header carries it.
    pub message_id: Option<&'static str>,
}

/// All presets.
pub const PRESETS: [Preset; 6] = [
    // https://clerk.com/docs/guides/development/webhooks/overview
    Preset {
        name: "clerk",
        scheme: SchemeName::StandardWebhooks,
        when: &[("/type", &["user.deleted"])],
        user: "/data/id",
        message_id: None,
    },
    // https://stytch.com/docs/workspace-management/webhooks: users of consumer projects, members of B2B ones.
    Preset {
        name: "stytch",
        scheme: SchemeName::StandardWebhooks,
        when: &[
            ("/action", &["DELETE"]),
            ("/object_type", &["user", "member"]),
        ],
        user: "/id",
        message_id: None,
    },
    // https://workos.com/docs/events/user
    Preset {
        name: "workos",
        scheme: SchemeName::WorkOs,
        when: &[("/event", &["user.deleted"])],
        user: "/data/id",
        message_id: Some("/id"),
    },
    // https://auth0.com/docs/customize/events/event-types gives both spellings of the type.
    Preset {
        name: "auth0",
        scheme: SchemeName::Token,
        when: &[("/type", &["user.deleted", "com.auth0.user.deleted"])],
        user: "/data/object/user_id",
        message_id: Some("/id"),
    },
    // https://supabase.com/docs/guides/database/webhooks on the table auth.users
    Preset {
        name: "supabase",
        scheme: SchemeName::Token,
        when: &[
            ("/type", &["DELETE"]),
            ("/schema", &["auth"]),
            ("/table", &["users"]),
        ],
        user: "/old_record/id",
        message_id: None,
    },
    // https://docs.stripe.com/api/events/types#event_types-customer.subscription.deleted
    Preset {
        name: "stripe",
        scheme: SchemeName::Stripe,
        when: &[("/type", &["customer.subscription.deleted"])],
        user: "/data/object/customer",
        message_id: Some("/id"),
    },
];

/// Returns the preset of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}
