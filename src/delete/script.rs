//! A scripted transport and a clock that only moves when told to, for the tests of the synchronous DELETE.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use crate::realtimekit::{ApiRequest, Clock, RawAnswer, Transport, TransportError};

pub enum Reply {
    Status(u16, &'static str),
    RetryAfter(u16, &'static str),
    /// A 200 with `Ratelimit`.
    Ratelimit(&'static str, &'static str),
    Lost(TransportError, u64),
}

/// A transport that answers from a script, which has to be used up exactly.
pub struct Script {
    pub replies: RefCell<VecDeque<Reply>>,
    pub sent: RefCell<Vec<ApiRequest>>,
    pub now_ms: Cell<u64>,
}

impl Script {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = RefCell::new(replies.into_iter().collect());
        Self {
            replies,
            sent: RefCell::default(),
            now_ms: Cell::new(1_000_000),
        }
    }
}

impl Transport for Script {
    async fn send(
        &self,
        request: &ApiRequest,
        timeout: Duration,
    ) -> Result<RawAnswer, TransportError> {
        self.sent.borrow_mut().push(request.clone());
        let answer = |status, body: &str| RawAnswer {
            status,
            body: Some(body.to_owned()),
            cf_ray: Some("ray-1".to_owned()),
            ..RawAnswer::default()
        };
        match self
            .replies
            .borrow_mut()
            .pop_front()
            .expect("a request that is not in the script")
        {
            Reply::Status(status, body) => Ok(answer(status, body)),
            Reply::RetryAfter(status, seconds) => Ok(RawAnswer {
                retry_after: Some(seconds.to_owned()),
                ..answer(status, "")
            }),
            Reply::Ratelimit(ratelimit, body) => Ok(RawAnswer {
                ratelimit: Some(ratelimit.to_owned()),
                ..answer(200, body)
            }),
            Reply::Lost(error, seconds) => {
                let took = if error == TransportError::TimedOut {
                    timeout
                } else {
                    Duration::from_secs(seconds)
                };
                self.now_ms
                    .set(self.now_ms.get() + u64::try_from(took.as_millis()).unwrap());
                Err(error)
            }
        }
    }
}

impl Clock for Script {
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    async fn sleep(&self, time: Duration) {
        self.now_ms
            .set(self.now_ms.get() + u64::try_from(time.as_millis()).unwrap());
    }

    fn random(&self) -> f64 {
        0.5
    }
}
