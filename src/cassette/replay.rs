//! Answers from a cassette: finds the recorded interaction of a request, and gives the client its own values back.
//!
//! A request fits when its method and path, its query in any order and its body (JSON in any order of members) are the
//! recorded ones. A placeholder fits any value of the client, which it stands for from then on: wherever it stands in an
//! answer, the client's value is given back. A placeholder that the client sends back, such as a token that was replayed,
//! fits itself only: so it leads to the interactions of that token.
//!
//! Of several interactions that fit, those recorded with the same words in `Authorization` come first, then those that
//! agree with the values that placeholders stand for already, then those in which the fewest placeholders from answers
//! stand for a value that no answer has told; each is used once, in recorded order.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;

use http::Method;
use parking_lot::Mutex;

use super::Cassette;
use super::message::{Asked, Interaction};
use super::miss::{MAX_SHOWN, Miss, Near};
use super::placeholder::{self, Bindings};
use super::policy::Policy;
use super::request_match::{RequestMatcher, secrets_by_word};
use super::selector::{Leaf, Selector, Side};
use super::walk::{decode_segment, placeholders, rewrite_response};
use crate::wire::json::Json;
use crate::wire::message::Request;

/// The answer to a request that the cassette does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// An error that shows the nearest recorded requests (rule `not-recorded`).
    #[default]
    Refuse,
    /// The emulator.
    Emulate,
}

/// The answer to a request that comes more often than it was recorded.
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
    interactions: Vec<Interaction>,
    by_request: HashMap<(Method, String), Vec<usize>>,
    /// Interactions with a placeholder in their path.
    any_path: Vec<usize>,
    matcher: RequestMatcher,
    /// Placeholders that the cassette first has in an answer.
    from_answers: HashSet<u32>,
    repeat: Repeat,
    progress: Mutex<Progress>,
}

/// The interactions that are used up, and the values that placeholders stand for.
#[derive(Default)]
struct Progress {
    used: HashSet<usize>,
    /// The client's values, by the number of their placeholder.
    values: HashMap<u32, String>,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("interactions", &self.interactions.len())
            .finish_non_exhaustive()
    }
}

impl Replay {
    /// Replays a cassette from its start; `defaults` decides what a report may show.
    #[must_use]
    pub fn new(cassette: Cassette, defaults: Policy, repeat: Repeat) -> Self {
        let matcher = RequestMatcher {
            policy: cassette.policy(defaults),
            ignored: Vec::new(),
        };
        let from_answers = from_answers(cassette.interactions());
        let mut by_request: HashMap<_, Vec<_>> = HashMap::new();
        let mut any_path = Vec::new();
        for (index, interaction) in cassette.interactions().iter().enumerate() {
            let Asked { method, path, .. } = &interaction.request;
            if placeholder::find_all(path).is_empty() {
                let key = (method.clone(), path.clone());
                by_request.entry(key).or_default().push(index);
            } else {
                any_path.push(index);
            }
        }
        Replay {
            interactions: cassette.interactions,
            by_request,
            any_path,
            from_answers,
            matcher,
            repeat,
            progress: Mutex::default(),
        }
    }

    /// Does not compare these places of requests.
    #[must_use]
    pub fn ignoring(mut self, places: Vec<Selector>) -> Self {
        self.matcher.ignored = places;
        self
    }

    /// Starts anew: nothing is used up, and no placeholder stands for a client's value.
    pub fn rewind(&self) {
        *self.progress.lock() = Progress::default();
    }

    /// Tells whether a request goes on from a replayed answer, of which it has a placeholder: the real service does not
    /// know it.
    #[cfg(feature = "recorder")]
    pub(crate) fn is_followed_by(&self, request: &Request) -> bool {
        !self.progress.lock().used.is_empty() && super::walk::has_placeholder(Asked::of(request))
    }

    /// Takes the recorded answer to a request, with the client's own values in it, and uses it up.
    ///
    /// `None` when no interaction fits, or all that do are used up.
    pub fn take(&self, request: &Request) -> Option<Interaction> {
        let sent = Asked::of(request);
        let fitting = self.fitting(&sent);
        let mut progress = self.progress.lock();
        let is_unused = |fit: &&Fit| !progress.used.contains(&fit.index);
        let unused = fitting.iter().filter(is_unused);
        let unused = unused.min_by_key(|fit| {
            (
                !fit.has_same_words,
                progress.contradictions(&fit.bindings),
                self.guesses(&progress, &fit.bindings),
                fit.index,
            )
        });
        let again = || {
            let again = fitting.iter().filter(|_| self.repeat == Repeat::Last);
            again.min_by_key(|fit| (progress.contradictions(&fit.bindings), Reverse(fit.index)))
        };
        let taken = unused.or_else(again)?;
        progress.used.insert(taken.index);
        let told = taken.bindings.iter().filter(|binding| !is_itself(binding));
        for (number, value) in told {
            progress.values.insert(*number, value.clone());
        }
        let mut interaction = self.interactions[taken.index].clone();
        rewrite_response(&mut interaction.response, &mut |_, leaf| {
            progress.client_value(leaf)
        });
        Some(interaction)
    }

    /// Counts the placeholders that first came in an answer, and would stand for a value of the client from now on.
    fn guesses(&self, progress: &Progress, bindings: &Bindings) -> usize {
        let is_guess = |binding: &&(u32, String)| {
            let (number, _) = binding;
            self.from_answers.contains(number)
                && !is_itself(binding)
                && !progress.values.contains_key(number)
        };
        bindings.iter().filter(is_guess).count()
    }

    fn fitting(&self, sent: &Asked) -> Vec<Fit> {
        let fits = self
            .candidates(sent)
            .into_iter()
            .filter_map(|(index, mut bindings)| {
                let recorded = &self.interactions[index].request;
                let (differences, bound) = self.matcher.compare(recorded, sent, 0);
                bindings.extend(bound);
                (differences.count == 0).then(|| Fit {
                    index,
                    bindings,
                    has_same_words: open_words(recorded.authorization())
                        == open_words(sent.authorization()),
                })
            });
        fits.collect()
    }

    /// The interactions with this method and path, in recorded order.
    fn candidates(&self, sent: &Asked) -> Vec<(usize, Bindings)> {
        let key = (sent.method.clone(), sent.path.clone());
        let exact = self.by_request.get(&key).into_iter().flatten();
        let exact = exact.map(|&index| (index, Bindings::new()));
        let any = self.any_path.iter().filter_map(|&index| {
            let recorded = &self.interactions[index].request;
            let bindings = self.path_bindings(&recorded.path, &sent.path)?;
            (recorded.method == sent.method).then_some((index, bindings))
        });
        let mut all: Vec<_> = exact.chain(any).collect();
        all.sort_unstable_by_key(|(index, _)| *index);
        all
    }

    fn path_bindings(&self, recorded: &str, sent: &str) -> Option<Bindings> {
        if recorded.split('/').count() != sent.split('/').count() {
            return None;
        }
        let mut bindings = Bindings::new();
        for (one, other) in recorded.split('/').zip(sent.split('/')) {
            if one != other {
                let (one, other) = (decode_segment(one), decode_segment(other));
                bindings.extend(self.matcher.fit(&one, &other)?);
            }
        }
        Some(bindings)
    }

    /// Tells why [`Replay::take`] has no answer to a request, and what was recorded instead.
    pub fn miss(&self, request: &Request) -> Miss {
        let sent = Asked::of(request);
        let target = format!(
            "{} {}",
            sent.method,
            self.matcher.policy.shown_path(&sent.path)
        );
        let (recorded, near) = match self.fitting(&sent).len() {
            0 => (
                None,
                self.near(&sent, clip_to(&target, MAX_COMPARED_TARGET)),
            ),
            count => (Some(count), Vec::new()),
        };
        Miss {
            target,
            recorded,
            near,
        }
    }

    /// The nearest recorded requests: by method and path, and of the first few by what differs too.
    fn near(&self, sent: &Asked, target: &str) -> Vec<Near> {
        let each = self.interactions.iter().enumerate();
        let mut ranked: Vec<_> = each
            .map(|(index, interaction)| {
                let Asked { method, path, .. } = &interaction.request;
                let request = format!("{method} {path}");
                let shown = clip_to(&request, MAX_COMPARED_TARGET);
                let apart = 1.0 - strsim::normalized_levenshtein(shown, target);
                (apart, index, request)
            })
            .collect();
        ranked.sort_unstable_by(|(a, one, _), (b, other, _)| a.total_cmp(b).then(one.cmp(other)));
        ranked.truncate(MAX_COMPARED_REQUESTS);
        let compared = ranked.into_iter().map(|(apart, index, request)| {
            let recorded = &self.interactions[index].request;
            let (differences, _) = self.matcher.compare(recorded, sent, MAX_SHOWN);
            let near = Near {
                number: index + 1,
                request,
                differences: differences.kept,
            };
            (apart * 50.0 + differences.count as f64, near)
        });
        let mut near: Vec<_> = compared.collect();
        near.sort_unstable_by(|(a, one), (b, other)| {
            a.total_cmp(b).then(one.number.cmp(&other.number))
        });
        let near = near.into_iter().map(|(_, near)| near).take(3);
        near.collect()
    }
}

/// Characters of a method and path that are compared.
const MAX_COMPARED_TARGET: usize = 200;
/// Recorded requests that a missed one is compared with in full.
const MAX_COMPARED_REQUESTS: usize = 16;

fn clip_to(text: &str, length: usize) -> &str {
    let end = text.char_indices().nth(length);
    end.map_or(text, |(end, _)| &text[..end])
}

/// An interaction that fits a request.
struct Fit {
    index: usize,
    bindings: Bindings,
    has_same_words: bool,
}

impl Progress {
    /// Counts the placeholders that stand for another value by now.
    fn contradictions(&self, bindings: &Bindings) -> usize {
        let contradicts = |binding: &&(u32, String)| {
            let (number, value) = binding;
            let known = self.values.get(number);
            known.is_some_and(|known| known != value) && !is_itself(binding)
        };
        bindings.iter().filter(contradicts).count()
    }

    /// A leaf of an answer with the client's values where placeholders stood.
    fn client_value(&self, leaf: Leaf<'_>) -> Option<Json<'static>> {
        match leaf {
            Leaf::Name(text) | Leaf::Text(text) => self.with_values(text),
            Leaf::Body { bytes, .. } => self.with_values(std::str::from_utf8(bytes).ok()?),
            Leaf::Number(number) => {
                let value = self.values.get(&placeholder::number_of_json(number)?)?;
                if placeholder::number_of(value).is_some() {
                    return None;
                }
                let json = Json::parse(value.as_bytes())
                    .ok()
                    .filter(|json| matches!(json, Json::Number(_)));
                Some(json.map_or_else(|| value.clone().into(), Json::into_owned))
            }
        }
    }

    fn with_values(&self, text: &str) -> Option<Json<'static>> {
        let whole = placeholder::number_of(text).and_then(|number| self.values.get(&number));
        if let Some(value) = whole {
            return Some(value.clone().into());
        }
        let (mut out, mut at) = (String::new(), 0);
        for (range, number) in placeholder::find_all(text) {
            if let Some(value) = self.values.get(&number) {
                out += &text[at..range.start];
                out += value;
                at = range.end;
            }
        }
        (at > 0).then(|| (out + &text[at..]).into())
    }
}

/// Tells whether a client sent a placeholder back as it was answered.
fn is_itself((number, value): &(u32, String)) -> bool {
    placeholder::number_of(value) == Some(*number)
}

/// The placeholders that the interactions first have in an answer.
fn from_answers(interactions: &[Interaction]) -> HashSet<u32> {
    let mut first_sides = HashMap::new();
    let each = interactions.iter().cloned();
    for (side, number) in each.flat_map(|mut one| placeholders(&mut one)) {
        first_sides.entry(number).or_insert(side);
    }
    let from_answers = first_sides
        .into_iter()
        .filter(|(_, side)| *side == Side::Response);
    from_answers.map(|(number, _)| number).collect()
}

/// The words of a header, which are no secrets, in any order.
fn open_words(authorization: &str) -> Vec<&str> {
    let pairs = secrets_by_word(authorization).into_iter();
    let mut words: Vec<_> = pairs.map(|(word, _)| word).collect();
    words.sort_unstable();
    words
}
