//! A bounded run of the fuzz targets: the corpus as it is, and mutated in a fixed number of fixed ways.

use std::path::Path;

use http::{HeaderMap, StatusCode};
use mock_ce::cassette::{Cassette, Exchange, Policy, Redactor, Repeat, Replay};
use mock_ce::catalog::Catalog;
use rstest::rstest;

#[allow(unreachable_pub)]
#[path = "../../fuzz/src/lib.rs"]
pub(crate) mod targets;

/// A sequence of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() % bound.max(1)
    }

    /// A range within `length`, mostly a short one.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let longest = 1 << self.below(8);
        start..(start + self.below(longest)).min(length)
    }
}

/// Characters that mean something in one of the grammars.
const MARKS: &[u8] = b"{}[]\":,/?=&%# \n\r\0-09eE\\<>\xe2\x80\x9c\xff";

/// Changes `input` in one way; `other` is where more text of the kind can be had.
fn mutate(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let range = numbers.range(input.len());
    match numbers.below(6) {
        0 => drop(input.drain(range)),
        1 => {
            let piece = input[range.clone()].to_vec();
            input.splice(range.end..range.end, piece);
        }
        2 => {
            let piece = other[numbers.range(other.len())].to_vec();
            input.splice(range, piece);
        }
        3 => input.insert(range.start, MARKS[numbers.below(MARKS.len())]),
        4 => input
            .iter_mut()
            .skip(range.start)
            .take(1)
            .for_each(|byte| *byte ^= 1 << numbers.below(8)),
        _ => input.truncate(range.start),
    }
}

fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

#[rstest]
#[case::request("fuzz/corpus/request", targets::request, 3_000)]
#[cfg_attr(
    feature = "guide",
    case::guide("fixtures/guides", targets::guide, 1_000)
)]
#[case::authorization("fuzz/corpus/authorization", targets::authorization, 50_000)]
#[case::cassette("fuzz/corpus/cassette", targets::cassette, 2_000)]
fn nothing_that_a_target_asserts_fails(
    #[case] folder: &str,
    #[case] target: fn(&[u8]),
    #[case] count: usize,
) {
    let corpus = corpus(folder);
    corpus.iter().for_each(|input| target(input));
    let mut numbers = Numbers(count as u64);
    for number in 0..count {
        let mut input = corpus[numbers.below(corpus.len())].clone();
        let other = &corpus[numbers.below(corpus.len())];
        for _ in 0..=numbers.below(6) {
            mutate(&mut input, other, &mut numbers);
        }
        let holds = std::panic::catch_unwind(|| target(&input)).is_ok();
        assert!(holds, "input {number}: {}", String::from_utf8_lossy(&input));
    }
}

/// A corpus that is refused at its door would find nothing.
#[test]
fn the_corpus_reaches_what_it_is_for() {
    let state = |input: &[u8]| {
        let catalog = mock_ce::catalog::Catalog::documented().clone();
        let emulator = mock_ce::Emulator::new(&mock_ce::MockCe::builder(), catalog);
        let requests = input.split(|byte| *byte == b'%').filter_map(targets::read);
        let statuses: Vec<_> = requests
            .map(|request| emulator.answer(&request).reply.status.as_u16())
            .collect();
        (statuses, emulator.instances(None).len())
    };
    let samples = corpus("fuzz/corpus/request")
        .into_iter()
        .filter(|input| input.starts_with(b"POST") && !input.contains(&b'%'));
    for sample in samples {
        assert_eq!(
            state(&sample),
            (vec![200], 1),
            "{}",
            String::from_utf8_lossy(&sample)
        );
    }
}

/// Requests with what each is answered.
const RECORDED: &[(&str, &str)] = &[
    (
        "POST /elements/api-v2/instances?a=1&token=query-secret\nauthorization: User user-secret, Organization org-secret\n\n{\"name\": \"A\", \"configuration\": {\"mailjet.api.key\": \"key-secret\"}, \"tags\": [1, 2.50]}",
        "{\"id\": 7, \"token\": \"dG9rZW4tc2VjcmV0LTEyMzQ1Njc4OTA=\"}",
    ),
    (
        "POST /elements/api-v2/form\ncontent-type: application/x-www-form-urlencoded\n\na=1&password=form-secret",
        "no JSON",
    ),
    ("GET /elements/api-v2/instances/user-secret", ""),
];

/// A cassette of [`RECORDED`], with a request that it has and one that it does not.
fn cassette_sample() -> Vec<u8> {
    let mut redactor = Redactor::new(Policy::new(Catalog::documented()));
    let mut cassette = Cassette::new("https://api.example", "2017-03-14");
    for (text, answer) in RECORDED {
        let request = targets::read(text.as_bytes()).unwrap();
        let exchange = Exchange {
            method: request.method.clone(),
            target: request.uri.to_string(),
            request_headers: request.headers.clone(),
            request_body: body_of(text).to_owned().into(),
            status: StatusCode::OK,
            response_headers: HeaderMap::new(),
            response_body: (*answer).into(),
        };
        cassette.push(redactor.redact(&exchange).unwrap());
    }
    let requests = [
        RECORDED[0].0,
        RECORDED[1].0,
        "PUT /elements/api-v2/instances?x=1\n\n[1]",
    ];
    let mut sample = cassette.to_text().into_bytes();
    for request in requests {
        sample.extend_from_slice(targets::BETWEEN);
        sample.extend_from_slice(request.as_bytes());
    }
    sample
}

fn body_of(text: &'static str) -> &'static str {
    text.split_once("\n\n").map_or("", |(_, body)| body)
}

#[test]
fn the_corpus_of_cassettes_is_one_that_replays() {
    let sample = cassette_sample();
    assert!(
        corpus("fuzz/corpus/cassette").contains(&sample),
        "{}",
        String::from_utf8_lossy(&sample)
    );
    let text = String::from_utf8(sample).unwrap();
    let (cassette, _) = text.split_once("\n%%\n").unwrap();
    let replay = Replay::new(
        Cassette::parse(cassette).unwrap(),
        Policy::new(Catalog::documented()),
        Repeat::Never,
    );
    let fits = |text: &str| {
        replay
            .take(&targets::read(text.as_bytes()).unwrap())
            .is_some()
    };
    assert!(RECORDED.iter().all(|(request, _)| fits(request)));
    assert!(!fits(RECORDED[0].0), "used up");
}
