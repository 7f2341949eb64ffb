//! The load: persistent connections, each with one request in flight, limited by count and time.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::configuration::{CALLER_TOKEN, PATH};
use crate::deliveries;
use crate::plan::Work;

/// The time limit of a turn: if requests take long, fewer of them are just as informative.
const TURN: Duration = Duration::from_millis(1_500);

/// The measurements of one turn.
#[derive(Debug, Default)]
pub struct Sample {
    /// The latency of each request in microseconds, sorted.
    pub latencies: Vec<f64>,
    /// The time from the first request to the last response.
    pub elapsed: Duration,
}

impl Sample {
    /// Returns the requests per second.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let count = self.latencies.len() as f64;
        count / self.elapsed.as_secs_f64()
    }
}

/// Open connections to one server.
pub struct Connections {
    senders: Vec<SendRequest<Full<Bytes>>>,
    work: Work,
}

impl Connections {
    /// Opens `count` connections.
    pub async fn open(address: SocketAddr, count: usize, work: Work) -> Result<Self> {
        let mut senders = Vec::with_capacity(count);
        for _ in 0..count {
            let stream = TcpStream::connect(address)
                .await
                .with_context(|| format!("cannot connect to {address}"))?;
            stream.set_nodelay(true)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            // If it fails, the requests sent over it fail.
            drop(tokio::spawn(connection));
            senders.push(sender);
        }
        Ok(Self { senders, work })
    }

    /// Sends `requests` requests over all connections, or as many as the time limit allows.
    pub async fn run(&mut self, requests: usize) -> Result<Sample> {
        let turn = Rc::new(Turn {
            left: Cell::new(requests),
            latencies: RefCell::new(Vec::with_capacity(requests)),
            begun: Instant::now(),
        });
        let mut workers = JoinSet::new();
        let local = tokio::task::LocalSet::new();
        for sender in self.senders.drain(..) {
            workers.spawn_local_on(one_connection(sender, self.work, Rc::clone(&turn)), &local);
        }
        let senders = local
            .run_until(async {
                let mut senders = Vec::new();
                while let Some(done) = workers.join_next().await {
                    senders.push(done??);
                }
                anyhow::Ok(senders)
            })
            .await?;
        self.senders = senders;
        let mut latencies = turn.latencies.take();
        latencies.sort_by(f64::total_cmp);
        Ok(Sample {
            latencies,
            elapsed: turn.begun.elapsed(),
        })
    }
}

/// The state shared by the connections of one turn.
struct Turn {
    left: Cell<usize>,
    latencies: RefCell<Vec<f64>>,
    begun: Instant,
}

async fn one_connection(
    mut sender: SendRequest<Full<Bytes>>,
    work: Work,
    turn: Rc<Turn>,
) -> Result<SendRequest<Full<Bytes>>> {
    while let Some(left) = turn.left.get().checked_sub(1) {
        if turn.begun.elapsed() > TURN {
            break;
        }
        turn.left.set(left);
        let request = request(work)?;
        let sent = Instant::now();
        exchange(&mut sender, request).await?;
        let latency = sent.elapsed().as_secs_f64() * 1e6;
        turn.latencies.borrow_mut().push(latency);
    }
    Ok(sender)
}

/// Sends a request and reads the response, which must be a success.
async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<()> {
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&body);
    ensure!(
        status == StatusCode::OK && text.contains("\"success\":true"),
        "an answer is no success: {status} {text}"
    );
    Ok(())
}

fn request(work: Work) -> Result<Request<Full<Bytes>>> {
    match work {
        Work::Removal => Ok(Request::builder()
            .method(Method::DELETE)
            .uri(PATH)
            .header("host", "participant-remover.example")
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {CALLER_TOKEN}"))
            .body(Full::default())?),
        Work::Webhook => deliveries::next(),
    }
}

/// Sends one DELETE over a new connection.
pub async fn once(address: SocketAddr) -> Result<()> {
    let mut connection = Connections::open(address, 1, Work::Removal).await?;
    connection.run(1).await.map(drop)
}
