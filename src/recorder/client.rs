//! Sends single requests to a service, for comparing a cassette with it.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::time::timeout;

use super::RecordError;
use super::decode::decoded;
use super::upstream::{ANSWER_TIME, Address, Upstream};
use crate::server::runtime;
use crate::wire::message::{Body, Connection, Reply, Request};

/// Maximum length of an answer, also after it is decompressed.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// Sends requests to one service and waits for each answer; not to be used on an async runtime's thread.
pub struct Client {
    upstream: Upstream<Full<bytes::Bytes>>,
}

impl Client {
    /// A client of `https://HOST[/PATH]`, which also trusts the certificates in these PEM files.
    ///
    /// # Errors
    /// An address that secrets cannot be sent to, or certificates that cannot be used.
    pub fn to(service: &str, ca: &[PathBuf]) -> Result<Self, RecordError> {
        let upstream = Upstream::at(Address::parse(service)?, ca)?;
        Ok(Client { upstream })
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// No answer, or one that cannot be read.
    pub fn send(&self, request: &Request) -> Result<Reply, RecordError> {
        self.send_within(request, ANSWER_TIME)
    }

    /// Sends a request, and waits so long for the body of its answer.
    fn send_within(&self, request: &Request, patience: Duration) -> Result<Reply, RecordError> {
        let failed = |reason| RecordError::Unanswered {
            service: self.upstream.address().origin().to_owned(),
            reason,
        };
        let runtime = runtime::handle().map_err(|error| failed(error.to_string()))?;
        runtime
            .block_on(self.exchange(request, patience))
            .map_err(failed)
    }

    async fn exchange(&self, request: &Request, patience: Duration) -> Result<Reply, String> {
        let body = match &request.body {
            Body::Whole(body) => body.clone(),
            Body::TooLarge(_) => bytes::Bytes::new(),
        };
        let mut outgoing = http::Request::new(Full::new(body));
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = request.uri.clone();
        *outgoing.headers_mut() = request.headers.clone();
        let via = HeaderValue::from_static("1.1 mock-ce");
        let reply = self.upstream.send(outgoing, &via, || 0).await?;
        let (head, body) = reply.into_parts();
        let body = timeout(patience, Limited::new(body, MAX_ANSWER).collect()).await;
        let body = body
            .map_err(|_| "did not answer in time".to_owned())?
            .map_err(|error| format!("broke off: {error}"))?
            .to_bytes();
        let body = decoded(&head.headers, body, MAX_ANSWER)
            .map_err(|_| "sent a body that cannot be read".to_owned())?;
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body,
            connection: Connection::KeepAlive,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_body_that_stops_coming_is_not_waited_for_without_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while !lines.next().unwrap().unwrap().is_empty() {}
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab";
            stream.write_all(head).unwrap();
            // Until the client has gone.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let client = Client::to(&url, &[]).unwrap();
        let failed = client.send_within(&Request::new(Method::GET, "/a", ""), Duration::ZERO);
        let told = failed.map(|reply| reply.status).unwrap_err().to_string();
        assert_eq!(told, format!("{url} did not answer in time"));
        drop(client);
        service.join().unwrap();
    }
}
