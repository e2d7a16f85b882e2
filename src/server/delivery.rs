//! Enacts what a reply's conduct says about its bytes: cut here, so many at a time.
//!
//! It looks at the bytes that hyper writes, so what a fault is said to do is what the wire sees, to the byte.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite as _;
use tokio::time::{Sleep, sleep};

use super::socket::Stream;
use crate::wire::message::{Conduct, Cut, Pace};

/// A reply on its way out under a scripted conduct.
#[derive(Debug)]
pub(super) struct Delivery {
    passed: Passed,
    cut: Option<Cut>,
    pace: Option<Pace>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Delivery {
    /// `None` for a reply that is to arrive whole and at once.
    pub(super) fn of(conduct: &Conduct) -> Option<Box<Self>> {
        let Conduct { cut, pace, .. } = *conduct;
        let is_scripted = cut.is_some() || pace.is_some();
        is_scripted.then(|| {
            Box::new(Delivery {
                passed: Passed::default(),
                cut,
                pace,
                pause: None,
            })
        })
    }

    /// Writes as much of `bytes` as may pass now; fails where the reply is to end.
    pub(super) fn poll_write(
        &mut self,
        stream: &mut Stream,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let may_pass = match self.cut {
            Some(cut) => self.passed.before(cut, bytes),
            None => bytes.len(),
        };
        if may_pass == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(self.end(stream)));
        }
        let at_a_time = self.pace.map_or(may_pass, |pace| pace.bytes.min(may_pass));
        let written = ready!(Pin::new(stream).poll_write(cx, &bytes[..at_a_time]))?;
        self.passed.note(&bytes[..written]);
        self.pause = self.pace.map(|pace| Box::pin(sleep(pace.pause)));
        Poll::Ready(Ok(written))
    }

    /// Tells whether the connection is closed in the middle of the reply, but not reset.
    pub(super) fn is_closing(&self) -> bool {
        matches!(self.cut, Some(Cut::Close | Cut::InBody(_)))
    }

    /// Prepares the end that comes when the stream is dropped; the error makes the connection drop it.
    fn end(&self, stream: &Stream) -> io::Error {
        if self.cut == Some(Cut::Reset)
            && let Err(error) = stream.reset_on_close()
        {
            return error;
        }
        io::Error::new(
            io::ErrorKind::ConnectionAborted,
            "the script ends the reply here",
        )
    }
}

/// The part of a reply that has passed: of the blank line that ends its head, and of its body.
#[derive(Debug, Default, PartialEq, Eq)]
struct Passed {
    of_blank_line: usize,
    of_body: usize,
}

const BLANK_LINE: &[u8] = b"\r\n\r\n";

impl Passed {
    /// Counts those of the next `bytes` that come before the cut.
    fn before(&self, cut: Cut, bytes: &[u8]) -> usize {
        let Cut::InBody(kept) = cut else { return 0 };
        let head = self.rest_of_head(bytes);
        let of_body = kept.saturating_sub(self.of_body);
        head.saturating_add(of_body).min(bytes.len())
    }

    fn note(&mut self, bytes: &[u8]) {
        let head = self.rest_of_head(bytes);
        for &byte in &bytes[..head] {
            self.advance(byte);
        }
        self.of_body += bytes.len() - head;
    }

    /// Counts those of the next `bytes` that still belong to the head.
    fn rest_of_head(&self, bytes: &[u8]) -> usize {
        let mut ahead = Passed {
            of_blank_line: self.of_blank_line,
            of_body: 0,
        };
        let mut rest = 0;
        while ahead.of_blank_line < BLANK_LINE.len() && rest < bytes.len() {
            ahead.advance(bytes[rest]);
            rest += 1;
        }
        rest
    }

    fn advance(&mut self, byte: u8) {
        self.of_blank_line = match byte {
            _ if byte == BLANK_LINE[self.of_blank_line] => self.of_blank_line + 1,
            b'\r' => 1,
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody";

    #[rstest]
    #[case::nothing(Cut::Close, 0)]
    #[case::head_only(Cut::InBody(0), 25)]
    #[case::in_the_body(Cut::InBody(3), 28)]
    #[case::behind_the_end(Cut::InBody(99), 29)]
    fn a_cut_lets_pass(#[case] cut: Cut, #[case] expected: usize) {
        assert_eq!(Passed::default().before(cut, REPLY), expected);
        // The same however the reply is cut into writes.
        for size in 1..REPLY.len() {
            let (mut passed, mut arrived) = (Passed::default(), 0);
            for bytes in REPLY.chunks(size) {
                let may_pass = passed.before(cut, bytes);
                passed.note(&bytes[..may_pass]);
                arrived += may_pass;
                if may_pass < bytes.len() {
                    break;
                }
            }
            assert_eq!(arrived, expected, "in pieces of {size}");
        }
    }
}
