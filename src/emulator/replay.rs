//! Answers from a cassette, before the emulated service is asked (rules `recorded`, `not-recorded`).

use super::Emulator;
use super::outcome::{Handled, Outcome};
use crate::cassette::{Answered, Cassette, Fallback, Policy, Replay, header_map};
use crate::rules;
use crate::settings::Settings;
use crate::wire::error::ApiError;
use crate::wire::message::Request;

/// A cassette, and what answers the requests that it does not have.
#[derive(Debug)]
pub(super) struct Tape {
    replay: Replay,
    fallback: Fallback,
}

impl Emulator {
    /// The emulator with a cassette that answers first, in the manner that the settings say.
    #[must_use]
    pub fn replaying(mut self, cassette: Cassette, settings: &Settings) -> Self {
        let defaults = Policy::new(&self.catalog());
        let replay = Replay::new(cassette, defaults, settings.repeat);
        self.tape = Some(Box::new(Tape {
            replay: replay.ignoring(settings.ignored.clone()),
            fallback: settings.fallback,
        }));
        self
    }
}

impl Tape {
    /// Starts the cassette anew.
    pub(super) fn rewind(&self) {
        self.replay.rewind();
    }

    /// `None` leaves the request to the emulated service; `preflight` is its answer to a browser's question.
    pub(super) fn answer(&self, request: &Request, preflight: Option<&Outcome>) -> Option<Handled> {
        if let Some(interaction) = self.replay.take(request) {
            return Some(Ok(Outcome::recorded(interaction.response())));
        }
        // A browser's question is no part of what was recorded.
        if preflight.is_some() || self.fallback == Fallback::Emulate {
            return None;
        }
        let miss = self.replay.miss(request).to_string();
        Some(Err(ApiError::not_recorded(miss)))
    }
}

impl Outcome {
    /// The reply that was recorded, without its mark.
    pub(crate) fn recorded(answered: &Answered) -> Self {
        let mut outcome = Outcome::empty(&rules::RECORDED);
        outcome.reply.status = answered.status;
        outcome.reply.body = answered.body.to_bytes();
        outcome.reply.headers = header_map(&answered.headers);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use crate::cassette::is_path_word;
    use crate::emulator::route::Access;
    use crate::emulator::routes::ROUTES;
    use crate::wire::vocabulary::Dialect;

    /// The cassette's module stands above the route table, and cannot read it.
    #[test]
    fn cassettes_keep_every_literal_segment_of_the_routes() {
        let routes = ROUTES
            .iter()
            .filter(|route| route.access != Access::Control);
        let below = routes.flat_map(|route| route.pattern.split('/'));
        let bases = Dialect::ALL
            .iter()
            .flat_map(|dialect| dialect.base_path().split('/'));
        let plurals = Dialect::ALL.iter().map(|dialect| dialect.plural());
        for word in below.chain(bases).chain(plurals) {
            assert!(
                ["", "**"].contains(&word) || word.starts_with('{') || is_path_word(word),
                "{word}"
            );
        }
    }
}
