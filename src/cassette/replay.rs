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
use super::message::{Asked, Content, Interaction};
use super::miss::{Miss, Near};
use super::redact::{Redactor, placeholders_of};
use super::selector::{Place, Room, Selector, Side, Step};
use super::sent::{Sent, exchange_of, pairs_of_authorization, words_of};
use super::walk::{Encoding, pairs_of_query};
use super::wildcard::Placeholders;
use super::{Cassette, Redaction};
use crate::wire::json::Json;
use crate::wire::message::Request;

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
    /// What of a request is not shown when it is missed.
    redaction: Redaction,
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
            redaction,
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

    /// The recorded answer to a request, which is used up by it; `None` when no interaction fits, or all that do are
    /// used up.
    pub fn take(&self, request: &Request) -> Option<&Interaction> {
        let sent = Sent::of(request);
        let fitting = self.fitting(&sent);
        let is_alike = |taped: &&&Taped| words_of(&taped.interaction.request) == sent.words;
        let unused = fitting
            .iter()
            .filter(is_alike)
            .chain(&fitting)
            .find(|taped| !taped.used.swap(true, Ordering::Relaxed));
        let again = || fitting.last().filter(|_| self.repeat == Repeat::Last);
        let taken = unused.or_else(again)?;
        Some(&taken.interaction)
    }

    fn fitting(&self, sent: &Sent<'_>) -> Vec<&Taped> {
        let mut fitting = self.candidates(sent);
        fitting.retain(|taped| {
            let recorded = &taped.interaction.request;
            self.differences(recorded, sent).is_empty()
        });
        fitting
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
                let steps = [Step::Member(name)];
                self.ignores(room, &steps) || self.agrees(room, &steps, one, other)
            }
        };
        let mut query = (recorded.query.clone(), sent.query.clone());
        for pairs in [&mut query.0, &mut query.1] {
            pairs.retain(|(name, _)| !self.ignores(Room::Query, &[Step::Member(name)]));
        }
        let shows = |room| move |name: &str| self.shows(room, &[Step::Member(name)], "");
        let mut all = difference::of_pairs("query", &query.0, &query.1, agree(Room::Query));
        conceal("query", &mut all, shows(Room::Query));
        all.extend(self.other_token(recorded, sent));
        match (&recorded.body, &sent.body) {
            (Content::Json { value: one, .. }, Content::Json { value: other, .. }) => {
                all.extend(difference::of_json(one, other, self));
            }
            (Content::Text(one), Content::Text(other))
                if sent.encoding == Encoding::Other && self.placeholders.agree(one, other) => {}
            (Content::Text(one), Content::Text(other)) if one.contains('=') => {
                let pairs = (pairs_of_query(one), pairs_of_query(other));
                let mut form = difference::of_pairs("form", &pairs.0, &pairs.1, agree(Room::Form));
                conceal("form", &mut form, shows(Room::Form));
                match sent.encoding {
                    Encoding::Form => all.extend(form),
                    // Names of other text may be anything.
                    Encoding::Other if form.is_empty() => {}
                    Encoding::Other => all.push(Difference::value("body", one, other).conceal()),
                }
            }
            (one, other) => {
                let (one, other) = (one.to_bytes(), other.to_bytes());
                if one != other {
                    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    all.push(Difference::value("body", &shown(&one), &shown(&other)).conceal());
                }
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

    /// Whether a text may stand where another was recorded, be it for its place.
    fn agrees(&self, room: Room, steps: &[Step<'_>], recorded: &str, sent: &str) -> bool {
        let side = Side::Request;
        let is_denied = || self.redaction.denies_place(&Place { side, room, steps });
        self.placeholders.agree(recorded, sent)
            || (self.placeholders.agree_in_place(recorded, sent) && is_denied())
    }

    fn ignores(&self, room: Room, steps: &[Step<'_>]) -> bool {
        let place = Place {
            side: Side::Request,
            room,
            steps,
        };
        self.ignored.iter().any(|selector| selector.names(&place))
    }

    /// Whether a text that was sent may be shown; a whole body never is.
    fn shows(&self, room: Room, steps: &[Step<'_>], text: &str) -> bool {
        let side = Side::Request;
        !steps.is_empty() && self.redaction.shows(&Place { side, room, steps }, text)
    }

    /// Why [`Replay::take`] has no answer to a request: what was recorded instead, without secrets.
    pub fn miss(&self, request: &Request) -> Miss {
        let sent = Sent::of(request);
        let target = format!("{} {}", sent.method, sent.path);
        let recorded = match self.fitting(&sent).len() {
            0 => None,
            count => Some(count),
        };
        let near = match recorded {
            Some(_) => Vec::new(),
            None => self.near(&sent, clip_to(&target, LONGEST_TARGET)),
        };
        let mut miss = Miss {
            target,
            recorded,
            near,
        };
        let mut redactor = Redactor::new(self.redaction.clone());
        // The interaction is of no use: the redactor has learnt the secrets of the request.
        let _ = redactor.redact(&exchange_of(request));
        miss.clean(|text| redactor.finder().clean(text));
        miss
    }

    /// The nearest recorded requests: by method and path, and of the first few by what differs too.
    fn near(&self, sent: &Sent<'_>, target: &str) -> Vec<Near> {
        let mut ranked: Vec<_> = self
            .interactions
            .iter()
            .enumerate()
            .map(|(index, taped)| {
                let Asked { method, path, .. } = &taped.interaction.request;
                let request = format!("{method} {path}");
                let shown = clip_to(&request, LONGEST_TARGET);
                let apart = 1.0 - strsim::normalized_levenshtein(shown, target);
                (apart, index, request)
            })
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ranked.truncate(COMPARED);
        let compared = ranked.into_iter().map(|(apart, index, request)| {
            let recorded = &self.interactions[index].interaction.request;
            let differences = self.differences(recorded, sent);
            Near {
                number: index + 1,
                distance: apart * 50.0 + differences.len() as f64,
                request,
                differences,
            }
        });
        let mut near: Vec<_> = compared.collect();
        near.sort_by(|a, b| {
            let by_number = a.number.cmp(&b.number);
            a.distance.total_cmp(&b.distance).then(by_number)
        });
        near.truncate(3);
        near
    }
}

/// How many characters of a method and path are looked at for what is near.
const LONGEST_TARGET: usize = 200;
/// How many recorded requests a missed one is compared with in full.
const COMPARED: usize = 16;

fn clip_to(text: &str, length: usize) -> &str {
    let end = text.char_indices().nth(length);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Leaves place and kind of those whose name is not one that `shows`.
fn conceal(what: &str, differences: &mut [Difference], shows: impl Fn(&str) -> bool) {
    for difference in differences {
        let name = difference.place.strip_prefix(what).unwrap_or_default();
        if !shows(name.trim_start()) {
            *difference = difference.clone().conceal();
        }
    }
}

impl Comparison for Replay {
    fn ignores(&self, steps: &[Step<'_>]) -> bool {
        Replay::ignores(self, Room::Body, steps)
    }

    fn shown(&self, steps: &[Step<'_>], actual: &Json<'_>) -> Option<String> {
        let text = actual.as_str().unwrap_or_default();
        self.shows(Room::Body, steps, text).then(|| match actual {
            Json::Object(_) => "an object".to_owned(),
            Json::Array(_) => "an array".to_owned(),
            plain => plain.to_string(),
        })
    }

    fn agree(&self, steps: &[Step<'_>], recorded: &Json<'_>, actual: &Json<'_>) -> bool {
        let agrees = |one: &str, other: &str| self.agrees(Room::Body, steps, one, other);
        match (recorded, actual) {
            (Json::Text(one), Json::Text(other)) => agrees(one, other),
            (Json::Number(one), Json::Number(other)) => {
                one.as_f64() == other.as_f64() || agrees(&one.to_string(), &other.to_string())
            }
            _ => false,
        }
    }
}
