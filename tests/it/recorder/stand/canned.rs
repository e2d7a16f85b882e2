//! A service that says what it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::text;

/// A service that answers with these bytes, one after the other, and shows what it was asked.
pub(in crate::recorder) struct Canned {
    address: SocketAddr,
    asked: Receiver<String>,
}

impl Canned {
    pub(in crate::recorder) fn answering(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (told, asked) = channel();
        let answers: Vec<_> = answers.into_iter().collect();
        thread::spawn(move || {
            for answer in answers {
                answer_once(&listener, &answer, &told);
            }
        });
        Canned { address, asked }
    }

    pub(in crate::recorder) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request that came, head and body.
    pub(in crate::recorder) fn asked(&self) -> String {
        self.asked.recv().unwrap()
    }
}

fn answer_once(listener: &TcpListener, answer: &[u8], told: &Sender<String>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let _ = told.send(head + &text(&body));
    let _ = stream.write_all(answer);
}

/// An answer that ends its connection.
pub(in crate::recorder) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}
