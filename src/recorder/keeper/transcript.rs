//! An exchange as the bytes that came, which is how it goes from the proxy to who keeps it.
//!
//! Taking it down is on the way of every answer, so it is a copy and nothing more: headers are read, and bodies decoded,
//! by who keeps it.

use std::io::{self, IoSlice, Read, Write};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::super::decode::{self, Unreadable};
use crate::cassette::Exchange;

/// The most that is set aside for a body before it comes.
const FORESEEN: usize = 64 * 1024;

/// A request or a reply: a line, a line for each header, and the body.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Half {
    bytes: Vec<u8>,
    /// How many of them come before the body.
    head: usize,
    /// How many bytes of body have come.
    body: u64,
    is_too_large: bool,
    is_over: bool,
}

impl Half {
    /// A request of which `length` bytes of body are to come.
    pub(crate) fn request(
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        length: Option<u64>,
    ) -> Self {
        Half::begin(
            [method.as_str(), " ", target].map(str::as_bytes),
            headers,
            length,
        )
    }

    /// A reply of which `length` bytes of body are to come.
    pub(crate) fn response(status: StatusCode, headers: &HeaderMap, length: Option<u64>) -> Self {
        Half::begin([status.as_str().as_bytes(), b"", b""], headers, length)
    }

    fn begin(line: [&[u8]; 3], headers: &HeaderMap, length: Option<u64>) -> Self {
        const MARKS: usize = ": \n".len();
        let line_length: usize = line.iter().map(|part| part.len()).sum();
        let fields = headers.iter();
        let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + MARKS);
        let head = line_length + 1 + fields.sum::<usize>();
        let length = usize::try_from(length.unwrap_or(0)).unwrap_or(FORESEEN);
        let mut bytes = Vec::with_capacity(head + length.min(FORESEEN));
        for part in line {
            bytes.extend_from_slice(part);
        }
        bytes.push(b'\n');
        for (name, value) in headers {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            // A value has no line break in it.
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        }
        Half {
            bytes,
            head,
            ..Half::default()
        }
    }

    /// Takes down a piece of the body, if it is not over `limit` with it.
    pub(crate) fn add(&mut self, piece: &Bytes, limit: usize) {
        self.body += piece.len() as u64;
        self.is_too_large |= self.body > limit as u64;
        if self.is_too_large {
            // Memory does not grow with what cannot be kept.
            self.bytes.truncate(self.head);
            self.bytes.shrink_to_fit();
        } else {
            self.bytes.extend_from_slice(piece);
        }
    }

    /// Nothing more comes of the body.
    pub(crate) fn end(&mut self) {
        self.is_over = true;
    }

    /// Whether nothing more comes of the body.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// How many bytes of body have come, kept or not.
    pub(crate) fn body(&self) -> u64 {
        self.body
    }

    /// Why it cannot be kept, if so.
    pub(crate) fn missing(&self, limit: usize) -> Option<String> {
        if self.is_too_large {
            return Some(too_large(limit));
        }
        (!self.is_over).then(|| "was not read to its end".to_owned())
    }

    /// `GET /path`: a query may hold secrets.
    pub(crate) fn asked(&self) -> String {
        let line = self.bytes[..self.head].split(|&byte| byte == b'\n').next();
        let line = String::from_utf8_lossy(line.unwrap_or_default());
        line.split('?').next().unwrap_or_default().to_owned()
    }

    /// The first line, the headers and the body.
    fn parse(self) -> Option<(String, HeaderMap, Bytes)> {
        let mut head = Bytes::from(self.bytes);
        let body = head.split_off(self.head);
        let line = line_of(&mut head)?;
        let line = String::from_utf8(line.into()).ok()?;
        let mut headers = HeaderMap::new();
        while let Some(mut value) = line_of(&mut head) {
            let colon = value.iter().position(|&byte| byte == b':')?;
            let name = HeaderName::from_bytes(&value.split_to(colon)).ok()?;
            value.advance(": ".len());
            headers.append(name, HeaderValue::from_maybe_shared(value).ok()?);
        }
        Some((line, headers, body))
    }
}

fn line_of(text: &mut Bytes) -> Option<Bytes> {
    let end = text.iter().position(|&byte| byte == b'\n')?;
    let line = text.split_to(end);
    text.advance(1);
    Some(line)
}

fn too_large(limit: usize) -> String {
    format!("is over {limit} bytes")
}

/// Both halves of an exchange.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Transcript {
    pub(crate) request: Half,
    pub(crate) response: Half,
}

impl Transcript {
    /// What was said, behind every encoding; or what was asked, and why its bodies cannot be looked at.
    pub(super) fn read(self, limit: usize) -> Result<Exchange, (String, String)> {
        let asked = self.request.asked();
        self.exchange(limit).map_err(|reason| (asked, reason))
    }

    fn exchange(self, limit: usize) -> Result<Exchange, String> {
        let garbled = || "was garbled on its way".to_owned();
        let (line, request_headers, request_body) = self.request.parse().ok_or_else(garbled)?;
        let (method, target) = line.split_once(' ').ok_or_else(garbled)?;
        let (status, response_headers, response_body) =
            self.response.parse().ok_or_else(garbled)?;
        let decoded = |whose: &str, headers: &HeaderMap, body: Bytes| {
            decode::decoded(headers, body, limit).map_err(|problem| match problem {
                Unreadable::TooLarge => format!("{whose} {}", too_large(limit)),
                Unreadable::Encoding => {
                    format!("{whose} is compressed in a manner that cannot be read")
                }
            })
        };
        Ok(Exchange {
            method: method.parse().map_err(|_| garbled())?,
            target: target.to_owned(),
            request_body: decoded("its body", &request_headers, request_body)?,
            request_headers,
            status: status.parse().map_err(|_| garbled())?,
            response_body: decoded("its answer", &response_headers, response_body)?,
            response_headers,
        })
    }
}

/// What a recorder tells the process beside it.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) enum Message {
    Keep(Transcript),
    KeepOut {
        asked: String,
        reason: String,
    },
    /// The recording is over. Without it, the recorder was killed.
    End,
}

const KEEP: u64 = 1;
const KEEP_OUT: u64 = 2;
const END: u64 = 3;

/// Five numbers come before a message: what it is, and of both its parts the length and how much of that is head.
type Prefix = [u64; 5];

pub(super) fn write_keep(to: impl Write, transcript: &Transcript) -> io::Result<()> {
    let Transcript { request, response } = transcript;
    let numbers = [
        KEEP,
        request.bytes.len() as u64,
        request.head as u64,
        response.bytes.len() as u64,
        response.head as u64,
    ];
    write(to, numbers, [&request.bytes, &response.bytes])
}

pub(super) fn write_keep_out(to: impl Write, asked: &str, reason: &str) -> io::Result<()> {
    let numbers = [KEEP_OUT, asked.len() as u64, 0, reason.len() as u64, 0];
    write(to, numbers, [asked.as_bytes(), reason.as_bytes()])
}

pub(super) fn write_end(to: impl Write) -> io::Result<()> {
    write(to, [END, 0, 0, 0, 0], [b"", b""])
}

/// In one call to the operating system, as long as it takes all at once.
fn write(mut to: impl Write, numbers: Prefix, [first, second]: [&[u8]; 2]) -> io::Result<()> {
    let mut prefix = [0; size_of::<Prefix>()];
    for (room, number) in prefix.chunks_exact_mut(size_of::<u64>()).zip(numbers) {
        room.copy_from_slice(&number.to_le_bytes());
    }
    let mut slices = &mut [&prefix, first, second].map(IoSlice::new)[..];
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match to.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The next message; an error when it ends before its end, or is none.
pub(super) fn read(from: &mut impl Read) -> io::Result<Message> {
    let mut prefix = [0; size_of::<Prefix>()];
    from.read_exact(&mut prefix)?;
    let mut numbers = Prefix::default();
    for (room, number) in numbers
        .iter_mut()
        .zip(prefix.chunks_exact(size_of::<u64>()))
    {
        *room = u64::from_le_bytes(number.try_into().expect("eight bytes are eight bytes"));
    }
    let [kind, first, first_head, second, second_head] = numbers;
    let (first, second) = (bytes(from, first)?, bytes(from, second)?);
    match kind {
        KEEP => Ok(Message::Keep(Transcript {
            request: half(first, first_head)?,
            response: half(second, second_head)?,
        })),
        KEEP_OUT => Ok(Message::KeepOut {
            asked: String::from_utf8_lossy(&first).into_owned(),
            reason: String::from_utf8_lossy(&second).into_owned(),
        }),
        END => Ok(Message::End),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// As many as come, so that a wrong number does not ask for memory.
fn bytes(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let foreseen = usize::try_from(length).unwrap_or(FORESEEN).min(FORESEEN);
    let mut bytes = Vec::with_capacity(foreseen);
    from.take(length).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn half(bytes: Vec<u8>, head: u64) -> io::Result<Half> {
    let head = usize::try_from(head).unwrap_or(usize::MAX);
    if head > bytes.len() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Half {
        body: (bytes.len() - head) as u64,
        bytes,
        head,
        is_over: true,
        is_too_large: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn half_of(mut half: Half, body: &[u8]) -> Half {
        half.add(&Bytes::copy_from_slice(body), usize::MAX);
        half.end();
        half
    }

    fn transcript(headers: &HeaderMap, body: &[u8]) -> Transcript {
        let request = Half::request(&Method::PUT, "/a?b=\u{e9}", headers, None);
        let response = Half::response(StatusCode::CREATED, headers, Some(3));
        Transcript {
            request: half_of(request, body),
            response: half_of(response, body),
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            fields in proptest::collection::vec(("[a-z][a-z0-9-]{0,9}", "[ -~\u{e9}]{0,20}"), 0..6),
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut headers = HeaderMap::new();
            for (name, value) in &fields {
                let name: HeaderName = name.parse().unwrap();
                if name != http::header::CONTENT_ENCODING {
                    headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
                }
            }
            let mut pipe = Vec::new();
            write_keep(&mut pipe, &transcript(&headers, &body)).unwrap();
            let Message::Keep(read) = super::read(&mut &pipe[..]).unwrap() else { panic!() };
            prop_assert_eq!(&read, &transcript(&headers, &body));
            let exchange = read.read(usize::MAX).unwrap_or_else(|_| panic!());
            prop_assert_eq!(exchange.method, Method::PUT);
            prop_assert_eq!(exchange.target, "/a?b=\u{e9}");
            prop_assert_eq!(exchange.status, StatusCode::CREATED);
            prop_assert_eq!(&exchange.request_headers, &headers);
            prop_assert_eq!(&exchange.response_headers, &headers);
            prop_assert_eq!(&exchange.request_body[..], &body[..]);
            prop_assert_eq!(&exchange.response_body[..], &body[..]);
        }

        #[test]
        fn whatever_comes_is_read_or_refused(pipe in proptest::collection::vec(any::<u8>(), 0..99)) {
            let _ = super::read(&mut &pipe[..]);
        }
    }

    #[test]
    fn a_message_that_was_cut_off_is_none() {
        let mut pipe = Vec::new();
        write_keep(&mut pipe, &transcript(&HeaderMap::new(), b"body")).unwrap();
        for end in 0..pipe.len() {
            assert!(super::read(&mut &pipe[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn messages_come_one_after_the_other() {
        let mut pipe = Vec::new();
        write_keep_out(&mut pipe, "GET /a", "its body is lost").unwrap();
        write_end(&mut pipe).unwrap();
        let mut rest = &pipe[..];
        let (asked, reason) = ("GET /a".to_owned(), "its body is lost".to_owned());
        assert_eq!(
            super::read(&mut rest).unwrap(),
            Message::KeepOut { asked, reason }
        );
        assert_eq!(super::read(&mut rest).unwrap(), Message::End);
        assert!(rest.is_empty());
    }

    #[rstest]
    #[case("aa bb", None)]
    #[case("aa bbb", Some("is over 4 bytes"))]
    #[case("aaaaa a", Some("is over 4 bytes"))]
    fn a_body_over_the_limit_is_not_held(#[case] pieces: &str, #[case] missing: Option<&str>) {
        let mut half = Half::request(&Method::GET, "/a?secret", &HeaderMap::new(), Some(5));
        assert_eq!(half.missing(4).as_deref(), Some("was not read to its end"));
        for piece in pieces.split(' ') {
            half.add(&piece.to_owned().into(), 4);
        }
        half.end();
        assert_eq!(half.missing(4).as_deref(), missing);
        assert_eq!(half.asked(), "GET /a");
        assert_eq!(
            half.bytes.len() - half.head,
            if missing.is_some() { 0 } else { 4 }
        );
    }
}
