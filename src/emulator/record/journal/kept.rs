//! The two messages of a journaled request, in one allocation of their size.

use std::borrow::Cow;
use std::cell::RefCell;

use http::{HeaderMap, StatusCode};

use crate::emulator::identity;
use crate::wire::message::Request;

/// A request and its answer: `METHOD TARGET`, a line a header, the request's body; then a line with the answer's hint, and
/// the answer's body, where they are kept.
#[derive(Debug)]
pub(super) struct KeptMessages {
    flat: Box<[u8]>,
    headers_at: u32,
    body_at: u32,
    answer_at: u32,
    /// The answer's; `None` where none was made.
    pub(super) status: Option<StatusCode>,
}

/// The hint and the body of an answer.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) hint: &'a [u8],
    pub(super) body: &'a [u8],
}

/// A whole body of which only the beginning is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) length: u64,
    pub(super) digest: u64,
}

impl Cut {
    /// `None` for a body that is kept whole.
    pub(super) fn of(body: &[u8], limit: usize) -> Option<Self> {
        (body.len() > limit).then(|| Cut {
            length: body.len() as u64,
            digest: identity::fingerprint_bytes(body),
        })
    }
}

/// Headers that most requests have, the usual value of some before any other. Such a line begins with its place here,
/// counted from [`FIRST_USUAL`], and ends with its value, where that is not the usual one.
const USUAL: [(&str, &str); 9] = [
    ("accept", "*/*"),
    ("accept", ""),
    ("accept-encoding", ""),
    ("authorization", ""),
    ("content-length", ""),
    ("content-type", "application/json"),
    ("content-type", ""),
    ("host", ""),
    ("user-agent", ""),
];

/// No name begins with such a byte.
const FIRST_USUAL: u8 = 0x80;

/// The place of a header in [`USUAL`].
fn usual(name: &str, value: &[u8]) -> Option<usize> {
    let mut usual = USUAL.iter();
    usual.position(|(known, its)| *known == name && (its.is_empty() || its.as_bytes() == value))
}

thread_local! {
    /// A buffer in which messages are put together before they are copied in their exact size; shrinking would cost more.
    static FLAT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl KeptMessages {
    /// A request with this body and its answer, of each body at most `limit` bytes.
    pub(super) fn new(
        request: &Request,
        body: &[u8],
        answer: Option<Answer<'_>>,
        status: Option<StatusCode>,
        limit: usize,
    ) -> Self {
        // The target of a request for a tunnel is a host and a port.
        let authority = request.uri.authority().map_or("", |it| it.as_str());
        let target = request.uri.path_and_query();
        let target = target.map_or(authority, |target| target.as_str());
        FLAT.with_borrow_mut(|flat| {
            flat.clear();
            flat.extend_from_slice(request.method.as_str().as_bytes());
            flat.push(b' ');
            flat.extend_from_slice(&target.as_bytes()[..target.floor_char_boundary(limit)]);
            let headers_at = position(flat);
            push_headers(flat, &request.headers, limit);
            let body_at = position(flat);
            flat.extend_from_slice(clip(body, limit));
            let answer_at = position(flat);
            if let Some(answer) = answer {
                flat.extend_from_slice(clip(answer.hint, limit));
                // A line break cannot stand in a header's value, as a hint is one.
                flat.push(b'\n');
                flat.extend_from_slice(clip(answer.body, limit));
            }
            KeptMessages {
                flat: (&**flat).into(),
                headers_at,
                body_at,
                answer_at,
                status,
            }
        })
    }

    /// The bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.flat.len()
    }

    /// `METHOD TARGET`
    pub(super) fn start_line(&self) -> &str {
        let line = &self.flat[..self.headers_at as usize];
        std::str::from_utf8(line).expect("a method and a target are text")
    }

    /// Each header of the request with its value; bytes that are not UTF-8 are replaced.
    pub(super) fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let lines = &self.flat[self.headers_at as usize..self.body_at as usize];
        lines.split(|&byte| byte == b'\n').filter_map(header)
    }

    pub(super) fn request_body(&self) -> &[u8] {
        &self.flat[self.body_at as usize..self.answer_at as usize]
    }

    /// `None` where the answer is not kept.
    pub(super) fn answer(&self) -> Option<Answer<'_>> {
        let answer = &self.flat[self.answer_at as usize..];
        let line_break = answer.iter().position(|&byte| byte == b'\n')?;
        Some(Answer {
            hint: &answer[..line_break],
            body: &answer[line_break + 1..],
        })
    }
}

fn position(flat: &[u8]) -> u32 {
    u32::try_from(flat.len()).expect("a request is limited to less than 4 GiB")
}

fn clip(text: &[u8], limit: usize) -> &[u8] {
    &text[..text.len().min(limit)]
}

/// Appends one line a header, together not much longer than `limit`; a header `...` stands for those left out.
fn push_headers(flat: &mut Vec<u8>, headers: &HeaderMap, limit: usize) {
    let start = flat.len();
    for (name, value) in headers {
        if flat.len() - start > limit {
            flat.extend_from_slice(b"...:\n");
            return;
        }
        let (name, value) = (name.as_str(), value.as_bytes());
        let place = usual(name, value);
        match place {
            Some(place) => flat.push(FIRST_USUAL + place as u8),
            None => {
                flat.extend_from_slice(name.as_bytes());
                flat.push(b':');
            }
        }
        if place.is_none_or(|place| USUAL[place].1.is_empty()) {
            // A line break cannot stand in a header's value.
            flat.extend_from_slice(value);
        }
        flat.push(b'\n');
    }
}

/// A header from its line.
fn header(line: &[u8]) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let text = String::from_utf8_lossy;
    let (first, rest) = line.split_first()?;
    let usual = first.checked_sub(FIRST_USUAL);
    if let Some((name, value)) = usual.and_then(|place| USUAL.get(usize::from(place))) {
        let value = if rest.is_empty() {
            (*value).into()
        } else {
            text(rest)
        };
        return Some(((*name).into(), value));
    }
    let colon = line.iter().position(|&byte| byte == b':')?;
    Some((text(&line[..colon]), text(&line[colon + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use rstest::rstest;

    #[rstest]
    #[case::usual_name("host", "localhost")]
    #[case::usual_line("content-type", "application/json")]
    #[case::usual_name_of_a_usual_line("content-type", "application/json; charset=utf-8")]
    #[case::empty_value("content-type", "")]
    #[case::longer_name("accept-language", "en")]
    #[case::own_name("x-own", "a:b")]
    #[case::value_beyond_ascii("x-own", "\u{e9}")]
    fn a_header_is_read_as_it_was_sent(#[case] name: &'static str, #[case] value: &str) {
        let request = Request::new(Method::GET, "/a?b", "body").header(name, value);
        let kept = KeptMessages::new(&request, b"body", None, None, 100);
        let headers: Vec<_> = kept.headers().collect();
        assert_eq!(headers, [(name.into(), value.into())]);
        assert_eq!(kept.start_line(), "GET /a?b");
        assert_eq!(kept.request_body(), b"body");
        assert!(kept.answer().is_none());
    }

    #[test]
    fn every_usual_header_is_found_at_its_place() {
        for (place, (name, value)) in USUAL.iter().enumerate() {
            assert_eq!(usual(name, value.as_bytes()), Some(place));
        }
    }

    #[rstest]
    #[case::hint("why", "\n{}")]
    #[case::none("", "")]
    fn an_answer_is_a_hint_and_a_body(#[case] hint: &str, #[case] body: &str) {
        let request = Request::new(Method::GET, "/", "");
        let (hint, body) = (hint.as_bytes(), body.as_bytes());
        let kept = KeptMessages::new(&request, b"", Some(Answer { hint, body }), None, 100);
        let answer = kept.answer().unwrap();
        assert_eq!((answer.hint, answer.body), (hint, body));
    }
}
