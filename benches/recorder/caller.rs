//! The client, as little as there can be of one.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{BODY, ROUND};

/// A client on one connection.
pub(crate) struct Caller(TcpStream);

impl Caller {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the port is open");
        stream.set_nodelay(true).expect("a TCP stream takes it");
        Caller(stream)
    }

    pub(crate) fn round(&mut self) -> Vec<Duration> {
        let timed = |_| {
            let start = Instant::now();
            self.call(BODY.len(), BODY.as_bytes());
            start.elapsed()
        };
        (0..ROUND).map(timed).collect()
    }

    /// Sends `body`, or that many zeros, and reads the answer to its end.
    pub(crate) fn call(&mut self, length: usize, body: &[u8]) {
        let head = format!(
            "POST /elements/api-v2/instances HTTP/1.1\r\nhost: x\r\nauthorization: User user-secret-of-the-bench, \
             Organization organization-secret-of-the-bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let mut sender = self.0.try_clone().expect("a stream can be shared");
        let body = body.to_vec();
        if length == body.len() {
            sender
                .write_all(&[head.as_bytes(), &body].concat())
                .expect("the port takes it");
            self.read_answer();
            return;
        }
        let sending = thread::spawn(move || {
            sender
                .write_all(head.as_bytes())
                .expect("the port takes it");
            let piece = vec![0; 1 << 20];
            for _ in 0..length >> 20 {
                sender.write_all(&piece).expect("the port takes it");
            }
        });
        self.read_answer();
        sending.join().expect("the sender does not panic");
    }

    fn read_answer(&mut self) {
        let (mut buffer, mut filled) = (vec![0; 1 << 16], 0);
        let (end, length) = loop {
            filled += self.0.read(&mut buffer[filled..]).expect("an answer");
            let head = String::from_utf8_lossy(&buffer[..filled]);
            if let Some(end) = head.find("\r\n\r\n") {
                let head = head[..end].to_lowercase();
                let (_, rest) = head.split_once("content-length: ").expect("a length");
                let length = rest.lines().next().and_then(|length| length.parse().ok());
                break (end + 4, length.unwrap_or(0));
            }
        };
        let mut missing: usize = end + length - filled;
        while missing > 0 {
            missing -= self.0.read(&mut buffer).expect("the rest of the answer");
        }
    }
}
