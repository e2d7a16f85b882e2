//! Answers from a cassette: which recorded interaction a request is.
//!
//! A request fits when its method and path, its query in any order and its body (JSON in any order of members) are the
//! recorded ones. Where a secret was, any text fits but another placeholder of the same cassette: so a token that was
//! replayed to the client leads to the interactions of that token. Of several that fit, those recorded with the same
//! words in `Authorization` come first; each is used once, in recorded order.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use http::header::AUTHORIZATION;

use super::difference::{self, Comparison, Difference};
use super::message::{Asked, Content, Interaction, Pairs};
use super::miss::{Miss, Near};
use super::redact::placeholders_of;
use super::selector::{Place, Room, Selector, Side, Step};
use super::walk::pairs_of_query;
use super::wildcard::Placeholders;
use super::{Cassette, Redaction};
use crate::wire::json::Json;
use crate::wire::message::{Body, Request};

/// What answers a request that the cassette does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// An error that shows the nearest recorded requests (rule `not-recorded`).
    #[default]
    Refuse,
    /// The emulator.
    Emulate,
}

/// What becomes of a request that comes more often than it was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeat {
    /// It is not recorded.
    #[default]
    Never,
    /// The last answer is given again.
    Last,
}

/// A cassette that answers.
pub struct Replay {
    interactions: Vec<Taped>,
    by_request: HashMap<(Method, String), Vec<usize>>,
    /// Those with a secret in their path.
    any_path: Vec<usize>,
    placeholders: Placeholders,
    repeat: Repeat,
    ignored: Vec<Selector>,
}

struct Taped {
    interaction: Interaction,
    used: AtomicBool,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("interactions", &self.interactions.len())
            .finish_non_exhaustive()
    }
}

impl Replay {
    /// A cassette from its start; `defaults` tells where its placeholders are.
    #[must_use]
    pub fn new(cassette: Cassette, defaults: Redaction, repeat: Repeat) -> Self {
        let redaction = cassette.redaction(defaults);
        let placeholders = Placeholders::new(placeholders_of(&redaction, cassette.interactions()));
        let mut by_request: HashMap<_, Vec<_>> = HashMap::new();
        let mut any_path = Vec::new();
        for (index, interaction) in cassette.interactions().iter().enumerate() {
            let Asked { method, path, .. } = interaction.request();
            if placeholders.are_in(path) {
                any_path.push(index);
            } else {
                let key = (method.clone(), path.clone());
                by_request.entry(key).or_default().push(index);
            }
        }
        let taped = cassette.interactions.into_iter().map(|interaction| Taped {
            interaction,
            used: AtomicBool::new(false),
        });
        Replay {
            interactions: taped.collect(),
            by_request,
            any_path,
            placeholders,
            repeat,
            ignored: Vec::new(),
        }
    }

    /// Does not compare these places of requests.
    #[must_use]
    pub fn ignoring(mut self, places: Vec<Selector>) -> Self {
        self.ignored = places;
        self
    }

    /// The recorded answer to a request, which is used up by it.
    ///
    /// # Errors
    /// What was recorded instead, when no interaction fits or all that do are used up.
    pub fn take(&self, request: &Request) -> Result<&Interaction, Miss> {
        let sent = Sent::of(request);
        let fitting: Vec<_> = self
            .candidates(&sent)
            .into_iter()
            .filter(|taped| {
                self.differences(&taped.interaction.request, &sent)
                    .is_empty()
            })
            .collect();
        let is_alike = |taped: &&&Taped| words_of(&taped.interaction.request) == sent.words;
        let unused = fitting
            .iter()
            .filter(is_alike)
            .chain(&fitting)
            .find(|taped| !taped.used.swap(true, Ordering::Relaxed));
        match (unused, self.repeat, fitting.last()) {
            (Some(taped), _, _) | (None, Repeat::Last, Some(taped)) => Ok(&taped.interaction),
            (None, _, last) => Err(self.miss(&sent, last.map(|_| fitting.len()))),
        }
    }

    fn candidates(&self, sent: &Sent<'_>) -> Vec<&Taped> {
        let key = (sent.method.clone(), sent.path.to_owned());
        let exact = self.by_request.get(&key).into_iter().flatten();
        let any = self.any_path.iter().filter(|&&index| {
            let recorded = &self.interactions[index].interaction.request;
            recorded.method == sent.method && self.placeholders.agree(&recorded.path, sent.path)
        });
        let mut indices: Vec<_> = exact.chain(any).copied().collect();
        indices.sort_unstable();
        indices
            .into_iter()
            .map(|index| &self.interactions[index])
            .collect()
    }

    /// What of a request is not as recorded, method and path aside.
    fn differences(&self, recorded: &Asked, sent: &Sent<'_>) -> Vec<Difference> {
        let agree = |room| {
            move |name: &str, one: &str, other: &str| {
                self.ignores(room, &[Step::Member(name)]) || self.placeholders.agree(one, other)
            }
        };
        let mut query = (recorded.query.clone(), sent.query.clone());
        for pairs in [&mut query.0, &mut query.1] {
            pairs.retain(|(name, _)| !self.ignores(Room::Query, &[Step::Member(name)]));
        }
        let mut all = difference::of_pairs("query", &query.0, &query.1, agree(Room::Query));
        all.extend(self.other_token(recorded, sent));
        match (&recorded.body, &sent.body) {
            (Content::Json { value: one, .. }, Content::Json { value: other, .. }) => {
                all.extend(difference::of_json(one, other, self));
            }
            (Content::Text(one), Content::Text(other)) if one.contains('=') => {
                let (one, other) = (pairs_of_query(one), pairs_of_query(other));
                all.extend(difference::of_pairs(
                    "form",
                    &one,
                    &other,
                    agree(Room::Form),
                ));
            }
            (Content::Text(one), Content::Text(other)) if self.placeholders.agree(one, other) => {}
            (one, other) if one.to_bytes() == other.to_bytes() => {}
            (one, other) => {
                let shown =
                    |content: &Content| String::from_utf8_lossy(&content.to_bytes()).into_owned();
                all.push(Difference::value("body", &shown(one), &shown(other)));
            }
        }
        all
    }

    /// A token that belongs to another recorded instance.
    fn other_token(&self, recorded: &Asked, sent: &Sent<'_>) -> Option<Difference> {
        let recorded = recorded.header(AUTHORIZATION.as_str()).unwrap_or_default();
        let (recorded, sent) = (pairs_of_authorization(recorded), &sent.authorization);
        let differs = |(word, one): &&(String, String)| {
            sent.iter()
                .any(|(other, secret)| other == word && !self.placeholders.agree(one, secret))
        };
        let (word, one) = recorded.iter().find(differs)?;
        // The other one may be a secret: not shown.
        let place = format!("header authorization {word}");
        Some(Difference::value(&place, one, "another"))
    }

    fn ignores(&self, room: Room, steps: &[Step<'_>]) -> bool {
        let place = Place {
            side: Side::Request,
            room,
            steps,
        };
        self.ignored.iter().any(|selector| selector.names(&place))
    }

    fn miss(&self, sent: &Sent<'_>, recorded: Option<usize>) -> Miss {
        let target = format!("{} {}", sent.method, sent.path);
        let mut near: Vec<_> = self.near(sent, &target).collect();
        near.sort_by(|a, b| {
            a.distance
                .total_cmp(&b.distance)
                .then(a.number.cmp(&b.number))
        });
        near.truncate(3);
        Miss {
            target,
            recorded,
            near,
        }
    }

    fn near<'s>(&'s self, sent: &'s Sent<'_>, target: &'s str) -> impl Iterator<Item = Near> + 's {
        self.interactions
            .iter()
            .enumerate()
            .map(move |(index, taped)| {
                let recorded = &taped.interaction.request;
                let differences = self.differences(recorded, sent);
                let request = format!("{} {}", recorded.method, recorded.path);
                let apart = 1.0 - strsim::normalized_levenshtein(&request, target);
                Near {
                    number: index + 1,
                    distance: apart * 50.0 + differences.len() as f64,
                    request,
                    differences,
                }
            })
    }
}

impl Comparison for Replay {
    fn ignores(&self, steps: &[Step<'_>]) -> bool {
        Replay::ignores(self, Room::Body, steps)
    }

    fn agree(&self, _: &[Step<'_>], recorded: &Json<'_>, actual: &Json<'_>) -> bool {
        match (recorded, actual) {
            (Json::Text(one), Json::Text(other)) => self.placeholders.agree(one, other),
            (Json::Number(one), Json::Number(other)) => {
                one.as_f64() == other.as_f64()
                    || self
                        .placeholders
                        .agree(&one.to_string(), &other.to_string())
            }
            _ => false,
        }
    }
}

/// A request that came, taken apart like a recorded one.
struct Sent<'r> {
    method: Method,
    path: &'r str,
    query: Pairs,
    authorization: Pairs,
    words: Vec<String>,
    body: Content,
}

impl<'r> Sent<'r> {
    fn of(request: &'r Request) -> Self {
        let authorization = request.header_text(&AUTHORIZATION).unwrap_or_default();
        let authorization = pairs_of_authorization(authorization);
        Sent {
            method: request.method.clone(),
            path: request.uri.path(),
            query: pairs_of_query(request.uri.query().unwrap_or_default()),
            words: words(&authorization),
            authorization,
            body: match &request.body {
                Body::Whole(bytes) => Content::of(bytes),
                Body::TooLarge(_) => Content::Empty,
            },
        }
    }
}

fn pairs_of_authorization(value: &str) -> Pairs {
    let pairs = value.split(',').filter_map(|pair| {
        let (word, secret) = pair.trim().split_once([' ', ':'])?;
        Some((word.to_owned(), secret.trim().to_owned()))
    });
    pairs.collect()
}

fn words(authorization: &Pairs) -> Vec<String> {
    let mut words: Vec<_> = authorization.iter().map(|(word, _)| word.clone()).collect();
    words.sort_unstable();
    words
}

fn words_of(request: &Asked) -> Vec<String> {
    let value = request.header(AUTHORIZATION.as_str()).unwrap_or_default();
    words(&pairs_of_authorization(value))
}
