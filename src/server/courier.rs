//! The rim outbound: sends webhooks to the callbacks of instances.
//!
//! One task a server, started with its first webhook. Those of one instance are sent one after another, in the order in
//! which they are due, over connections that are kept; those of different instances at the same time. Redirects are
//! answers like others, and not followed.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::runtime;
use super::socket::Stream;
#[cfg(feature = "tls")]
use super::tls::client::Receivers;
use crate::emulator::Emulator;
use crate::emulator::dispatch::Delivery;
use crate::emulator::dispatch::destination::Destination;
use crate::emulator::dispatch::log::WebhookResult;
use crate::emulator::state::events::Ticket;
use crate::wire::vocabulary::header;

/// The most of an answer's body that is read so that the connection can be used again.
const MAX_ANSWER: usize = 64 * 1024;
/// The wait for that body; the status has decided by then.
const BODY_TIME: Duration = Duration::from_secs(1);
/// The most instances whose webhooks are being sent at a time.
const MAX_LANES: usize = 64;

/// Without TLS no certificate is judged.
#[cfg(not(feature = "tls"))]
pub(super) struct Receivers;

/// The task that sends a server's webhooks; dropping it ends what is under way.
pub(super) struct Courier(Arc<Mutex<Option<AbortHandle>>>);

impl Courier {
    /// Lets the emulator start the task when there is something to send.
    pub(super) fn of(emulator: &Arc<Emulator>, receivers: Receivers) -> Self {
        let task = Arc::new(Mutex::new(None));
        let (weak, slot) = (Arc::downgrade(emulator), Arc::downgrade(&task));
        emulator.dispatch.on_first(move || {
            // Without the runtime there is no server either.
            let (Some(emulator), Ok(runtime)) = (weak.upgrade(), runtime::handle()) else {
                return;
            };
            if let Some(slot) = slot.upgrade() {
                *slot.lock() = Some(runtime.spawn(run(emulator, receivers)).abort_handle());
            }
        });
        Courier(task)
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        if let Some(task) = self.0.lock().take() {
            task.abort();
        }
    }
}

/// The webhooks that wait behind one of the same instance that is being sent.
#[derive(Default)]
struct Lanes(Mutex<HashMap<Lane, VecDeque<Ticket>>>);

/// An instance: its organization's secret and its id.
type Lane = (Arc<str>, u64);

impl Lanes {
    /// Puts a ticket behind those of its instance; gives it back where none is being sent.
    fn enter(&self, lane: &Lane, ticket: Ticket) -> Option<Ticket> {
        let mut open = self.0.lock();
        if let Some(waiting) = open.get_mut(lane) {
            waiting.push_back(ticket);
            return None;
        }
        open.insert(lane.clone(), VecDeque::new());
        Some(ticket)
    }

    /// The next ticket of an instance; without one nothing more of it is being sent.
    fn next(&self, lane: &Lane) -> Option<Ticket> {
        let mut open = self.0.lock();
        let next = open.get_mut(lane).and_then(VecDeque::pop_front);
        if next.is_none() {
            open.remove(lane);
        }
        next
    }
}

async fn run(emulator: Arc<Emulator>, receivers: Receivers) {
    let (lanes, permits) = (
        Arc::new(Lanes::default()),
        Arc::new(Semaphore::new(MAX_LANES)),
    );
    let receivers = Arc::new(receivers);
    // Ends with this task.
    let mut senders = JoinSet::new();
    loop {
        while senders.try_join_next().is_some() {}
        let (tickets, wait) = emulator.due_webhooks();
        for ticket in tickets {
            let lane = (ticket.organization.clone(), ticket.instance);
            if let Some(first) = lanes.enter(&lane, ticket) {
                let (emulator, lanes) = (emulator.clone(), lanes.clone());
                let (permits, connection) = (permits.clone(), Connection::to(&receivers));
                senders.spawn(async move {
                    let _permit = permits.acquire().await;
                    send_lane(&emulator, &lanes, &lane, connection, first).await;
                });
            }
        }
        let changed = emulator.dispatch.changed();
        match wait {
            Some(wait) => drop(timeout(wait, changed).await),
            None => changed.await,
        }
    }
}

/// Sends an instance's webhooks until none waits.
async fn send_lane(
    emulator: &Emulator,
    lanes: &Lanes,
    lane: &Lane,
    mut connection: Connection,
    first: Ticket,
) {
    let mut next = Some(first);
    while let Some(ticket) = next {
        if let Some(delivery) = emulator.prepare_webhook(ticket) {
            for _ in 0..delivery.copies {
                let limit = emulator.settings.webhooks.timeout;
                let result = connection.send(&delivery, limit).await;
                emulator.report_webhook(&delivery, result);
            }
        }
        next = lanes.next(lane);
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// A connection that is kept for the next webhook to the same place.
struct Connection {
    kept: Option<(Destination, Sender)>,
    receivers: Arc<Receivers>,
}

impl Connection {
    fn to(receivers: &Arc<Receivers>) -> Self {
        Connection {
            kept: None,
            receivers: receivers.clone(),
        }
    }

    /// Sends a webhook and waits for the answer, both within the limit.
    async fn send(&mut self, delivery: &Delivery, limit: Duration) -> WebhookResult {
        let sent = timeout(limit, self.exchange(delivery)).await;
        match sent {
            Ok(Ok(status)) => WebhookResult::Answered(status),
            Ok(Err(reason)) => WebhookResult::Failed(reason),
            Err(_) => WebhookResult::Failed(format!("no answer within {limit:?}")),
        }
    }

    async fn exchange(&mut self, delivery: &Delivery) -> Result<u16, String> {
        let broke_off = |error: hyper::Error| format!("the callback broke off: {error}");
        let destination = &delivery.destination;
        let mut request = request(delivery)?;
        if let Some(mut kept) = self.take(destination) {
            match kept.try_send_request(request).await {
                Ok(response) => return self.finish(destination, kept, response).await,
                // Nothing of it was sent: the callback had closed the connection meanwhile.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(broke_off(error.into_error())),
                },
            }
        }
        let connected = connect(destination, &self.receivers).await;
        let mut sender =
            connected.map_err(|error| format!("cannot reach the callback: {error}"))?;
        let response = sender.send_request(request).await.map_err(broke_off)?;
        self.finish(destination, sender, response).await
    }

    /// The connection that is kept, if it leads there and is open.
    fn take(&mut self, destination: &Destination) -> Option<Sender> {
        let (known, sender) = self.kept.take()?;
        let leads_there =
            known.is_https == destination.is_https && known.authority == destination.authority;
        (leads_there && !sender.is_closed()).then_some(sender)
    }

    /// Reads the answer's body and keeps the connection.
    async fn finish(
        &mut self,
        destination: &Destination,
        sender: Sender,
        response: Response<Incoming>,
    ) -> Result<u16, String> {
        let status = response.status().as_u16();
        // The status is what counts, whatever becomes of the body.
        let body = Limited::new(response.into_body(), MAX_ANSWER);
        if let Ok(Ok(_)) = timeout(BODY_TIME, body.collect()).await {
            self.kept = Some((destination.clone(), sender));
        }
        Ok(status)
    }
}

#[cfg_attr(not(feature = "tls"), expect(unused_variables))]
async fn connect(destination: &Destination, receivers: &Receivers) -> io::Result<Sender> {
    let stream = Stream::connect(&destination.host, destination.port).await?;
    #[cfg(feature = "tls")]
    if destination.is_https {
        return open(receivers.secure(&destination.host, stream).await?).await;
    }
    open(stream).await
}

/// Starts HTTP on a stream.
async fn open(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> io::Result<Sender> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // Its end shows in the sender.
    tokio::spawn(async { drop(connection.await) });
    Ok(sender)
}

/// `POST /callback`, with the headers of rule `event-deliver`.
fn request(delivery: &Delivery) -> Result<Request<Full<Bytes>>, String> {
    let Delivery {
        destination,
        webhook,
        ..
    } = delivery;
    let built = Request::builder()
        .method(Method::POST)
        .uri(&destination.path)
        .header(HOST, &destination.authority)
        .header(
            USER_AGENT,
            HeaderValue::from_static(concat!("mock-ce/", env!("CARGO_PKG_VERSION"))),
        )
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(header::WEBHOOK_ID, &webhook.id);
    let signed = match &webhook.signature {
        Some(signature) => built.header(header::WEBHOOK_SIGNATURE, signature),
        None => built,
    };
    let body = Full::new(webhook.body.clone());
    signed
        .body(body)
        .map_err(|error| format!("the callback's address makes no request: {error}"))
}
