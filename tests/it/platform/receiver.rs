//! A callback of a client: it keeps what it gets and answers as it is told.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use mock_ce::Json;
#[cfg(feature = "tls")]
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A receiver that hangs fails the test instead of holding it up.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request that a receiver got.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) request_line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Json<'_> {
        Json::parse(&self.body).unwrap()
    }

    /// The event that it is about.
    pub(super) fn event(&self) -> String {
        let body = self.json();
        let event = body.get("message").unwrap().get("eventId").unwrap();
        event.as_str().unwrap().to_owned()
    }
}

pub(super) struct Receiver {
    origin: String,
    got: Channel<Got>,
}

/// The whole text of an answer; `None` keeps the client waiting.
type Answer = Option<String>;

impl Receiver {
    /// One that answers 200.
    pub(super) fn start() -> Self {
        Receiver::answering([])
    }

    /// One that gives these statuses first, and 200 from then on; a status may be followed by headers.
    pub(super) fn answering<const N: usize>(answers: [&str; N]) -> Self {
        let answer = |status: &str| Some(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"));
        Receiver::with(answers.map(answer).into())
    }

    /// One that never answers the first request.
    pub(super) fn silent_once() -> Self {
        Receiver::with(VecDeque::from([None]))
    }

    /// One that answers 200, and shows a certificate first.
    #[cfg(feature = "tls")]
    pub(super) fn secured(config: ServerConfig) -> Self {
        let config = Arc::new(config);
        Receiver::behind("https", VecDeque::new(), move |stream| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            StreamOwned::new(connection, stream)
        })
    }

    fn with(answers: VecDeque<Answer>) -> Self {
        Receiver::behind("http", answers, |stream| stream)
    }

    fn behind<S: Read + Write + Send + 'static>(
        scheme: &str,
        answers: VecDeque<Answer>,
        front: impl Fn(TcpStream) -> S + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let (told, got) = channel();
        let answers = Arc::new(Mutex::new(answers));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (told, answers) = (told.clone(), answers.clone());
                stream.set_nodelay(true).unwrap();
                let stream = front(stream);
                thread::spawn(move || serve(stream, &told, &answers));
            }
        });
        Receiver { origin, got }
    }

    /// The configuration entry that names it.
    pub(super) fn entry(&self) -> String {
        format!(
            r#""event.notification.callback.url":"{}/callback?a=1""#,
            self.origin
        )
    }

    pub(super) fn next(&self) -> Got {
        self.got.recv_timeout(PATIENCE).expect("a webhook")
    }

    /// Tells whether the receiver has got nothing more so far.
    pub(super) fn has_no_more(&self) -> bool {
        self.got.try_recv().is_err()
    }
}

fn serve(stream: impl Read + Write, told: &Sender<Got>, answers: &Mutex<VecDeque<Answer>>) {
    let mut reader = BufReader::new(stream);
    while let Some(got) = read(&mut reader) {
        let answer = answers.lock().unwrap().pop_front();
        let ok = || Some("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned());
        let answer = answer.unwrap_or_else(ok);
        if told.send(got).is_err() {
            return;
        }
        if let Some(answer) = answer
            && reader.get_mut().write_all(answer.as_bytes()).is_err()
        {
            return;
        }
    }
}

fn read(reader: &mut BufReader<impl Read>) -> Option<Got> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        lines.push(line.to_owned());
    }
    let header = |line: &String| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let mut got = Got {
        request_line: lines.remove(0),
        headers: lines.iter().filter_map(header).collect(),
        body: Vec::new(),
    };
    let length = got
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    got.body = vec![0; length];
    reader.read_exact(&mut got.body).ok()?;
    Some(got)
}
