//! The upstream: answers every DELETE immediately, like `RealtimeKit`, so that only the Worker is measured.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime;

/// The documented response, with values of realistic length.
const DELETED: &str = r#"{"success":true,"data":{"created_at":"2026-11-02T09:15:44.731Z","custom_participant_id":"user_31b5bd6e0c7f4f0a","preset_id":"182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e","updated_at":"2026-11-20T17:03:12.094Z"}}"#;

/// The upstream, running on its own thread until the program ends.
#[derive(Debug, Clone, Copy)]
pub struct Upstream {
    address: SocketAddr,
}

impl Upstream {
    /// Listens on a free port of the loopback interface.
    pub fn start() -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")
            .context("the upstream cannot listen on 127.0.0.1")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("upstream".to_owned())
            .spawn(move || {
                if let Err(error) = runtime.block_on(serve(listener)) {
                    eprintln!("error: the upstream has stopped: {error:#}");
                }
            })?;
        Ok(Self { address })
    }

    /// Returns the address that it listens on.
    pub fn address(self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: std::net::TcpListener) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        // If a connection breaks, the load sees a failed request.
        drop(tokio::spawn(connection));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(DELETED.as_bytes())));
    if request.method() == Method::DELETE {
        let headers = response.headers_mut();
        for (name, value) in [
            ("content-type", "application/json"),
            ("cf-ray", "9a1b2c3d4e5f6071-AMS"),
            ("ratelimit", "\"default\";r=1153;t=211"),
            ("ratelimit-policy", "\"default\";q=1200;w=300"),
        ] {
            headers.insert(name, hyper::header::HeaderValue::from_static(value));
        }
    } else {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    }
    Ok(response)
}
