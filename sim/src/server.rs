//! Listening, serving and shutting down. Connections are served by hand, since that is the only way to close one
//! without a response.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::cli::Options;
use crate::faults::Withheld;
use crate::sim::{SharedSim, Sim};
use crate::webhooks::{WebhookKey, Webhooks};
use crate::{control, gateway, kit};

/// Why the stand-in could not start or had to stop.
#[derive(Debug)]
pub enum ServeError {
    /// Another process is listening on the port.
    PortInUse(u16),
    /// An option has an unusable value.
    Options(String),
    /// Any other error reported by the system.
    Io(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse(port) => {
                write!(
                    f,
                    "port {port} on 127.0.0.1 is in use: end the process that has it, or choose another with --port"
                )
            }
            Self::Options(problem) => f.write_str(problem),
            Self::Io(error) => write!(f, "cannot listen: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}

/// Serves until the process is told to stop; prints one line once it is ready.
pub async fn serve(options: Options) -> Result<(), ServeError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => ServeError::PortInUse(options.port),
            _ => ServeError::Io(error),
        })?;
    let address = listener.local_addr().map_err(ServeError::Io)?;
    let exit_with_stdin = options.exit_with_stdin;
    let key = WebhookKey::generate().await.map_err(ServeError::Options)?;
    let webhooks = Webhooks::new(key, &options.webhook_urls).map_err(ServeError::Options)?;
    let router = router(Arc::new(Sim::new(options, webhooks)));
    println!("listening on http://{address}");
    // The reader of that line may be gone: not a reason to stop.
    let _ = io::stdout().flush();
    tokio::select! {
        () = accept(listener, router) => {}
        () = told_to_end() => {}
        () = stdin_closed(), if exit_with_stdin => {}
    }
    Ok(())
}

fn router(sim: SharedSim) -> Router {
    let guard = axum::middleware::from_fn_with_state(sim.clone(), gateway::guard);
    let upstream = kit::router().layer(guard).with_state(sim.clone());
    Router::new()
        .nest("/sim", control::router().with_state(sim))
        .fallback_service(upstream)
}

async fn accept(listener: TcpListener, router: Router) {
    loop {
        // An error here concerns only that connection, or is temporary (too many open files).
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, router.clone()));
            }
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(router.clone(), request));
    // Returns an error when the client or a fault breaks the connection.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Answers a request; an error closes the connection without a response.
async fn answer(router: Router, request: Request<Incoming>) -> Result<Response, io::Error> {
    let answered: Result<Response, Infallible> = router.oneshot(request.map(Body::new)).await;
    match answered {
        Ok(response) if response.extensions().get::<Withheld>().is_some() => {
            Err(io::Error::other("withheld on demand"))
        }
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Waits for the end of standard input on a separate thread, which does not keep the process alive.
async fn stdin_closed() {
    let (closed, wait) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        let mut stdin = io::stdin().lock();
        while matches!(stdin.read(&mut buffer), Ok(1..)) {}
        drop(closed);
    });
    // The sender is never used, only dropped at the end of standard input.
    let _ = wait.await;
}
