//! The webhook sources, with what they need from the rest of the configuration.

use super::{Caller, Reader, base_url};
use crate::ids::AppId;
use crate::secret::Secret;
use crate::webhooks::Sources;
use crate::webhooks::key_answer::DEFAULT_KEY_URL;
use crate::webhooks::secrets::OwnToken;
use crate::webhooks::source::Settings;

impl Reader<'_> {
    /// Reads `WEBHOOKS`, `WEBHOOK_SECRETS` and `REALTIMEKIT_WEBHOOK_KEY_URL`.
    pub(super) fn webhooks(
        &mut self,
        apps: Option<&(AppId, Vec<AppId>)>,
        api_token: Option<&Secret>,
        callers: Option<&[Caller]>,
    ) -> Option<Sources> {
        let key_url = self.key_url();
        let served = apps.map(|(first, more)| [std::slice::from_ref(first), more].concat());
        let (webhooks, secrets) = (self.text("WEBHOOKS"), self.text("WEBHOOK_SECRETS"));
        let own_tokens = own_tokens(api_token, callers.unwrap_or_default());
        let settings = Settings {
            webhooks: webhooks.as_deref(),
            secrets: secrets.as_deref(),
            key_url: key_url.as_deref().unwrap_or(DEFAULT_KEY_URL),
            apps: served.as_deref().unwrap_or_default(),
            own_tokens: &own_tokens,
        };
        // All mistakes are reported at once: the sources are read even if the rest is missing.
        match Sources::parse(settings) {
            Ok(sources) => Some(sources),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    fn key_url(&mut self) -> Option<String> {
        let name = "REALTIMEKIT_WEBHOOK_KEY_URL";
        let text = self.text(name);
        let url = base_url::check(text.as_deref().unwrap_or(DEFAULT_KEY_URL));
        self.checked(name, url.map(str::to_owned))
    }
}

fn own_tokens<'a>(api_token: Option<&'a Secret>, callers: &'a [Caller]) -> Vec<OwnToken<'a>> {
    let api_token = api_token.map(|token| OwnToken {
        what: "the Cloudflare API token itself",
        token,
    });
    let callers = callers.iter().map(|caller| OwnToken {
        what: "a caller's token",
        token: &caller.token,
    });
    api_token.into_iter().chain(callers).collect()
}
