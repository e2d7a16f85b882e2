//! The codes of the consent page: how many were given out, and which were used (rule `oauth-strict`).
//!
//! A code tells itself what it is for, so only its use is kept, until more were used than a test ever does.

use std::collections::VecDeque;

use super::{Change, Restoration, Section};
use crate::emulator::lazy::LazyMutex;
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members, object};

/// More uses are not remembered; the oldest go first, whose codes are too old by then.
const MAX_USED: usize = 10_000;

/// The codes that were given out.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    state: LazyMutex<State>,
}

#[derive(Debug, Default)]
struct State {
    given: u64,
    used: VecDeque<Use>,
}

/// A code that was used, and by whom.
#[derive(Clone, Debug)]
struct Use {
    organization: Box<str>,
    number: u64,
}

impl Codes {
    /// The number of a fresh code.
    pub(crate) fn next(&self) -> u64 {
        let mut state = self.state.lock();
        state.given += 1;
        state.given
    }

    /// Uses a code; `false` for one that was used before, by whomever.
    pub(crate) fn spend(&self, organization: &str, number: u64) -> bool {
        let mut state = self.state.lock();
        if state.used.iter().any(|used| used.number == number) {
            return false;
        }
        state.keep(Use {
            organization: organization.into(),
            number,
        });
        true
    }
}

impl State {
    fn keep(&mut self, used: Use) {
        if self.used.len() == MAX_USED {
            self.used.pop_front();
        }
        self.used.push_back(used);
    }
}

impl Section for Codes {
    fn member(&self) -> &'static str {
        "oauthCodes"
    }

    fn clear(&self, only: Option<&str>) {
        let mut state = self.state.lock();
        match only {
            None => *state = State::default(),
            Some(only) => state.used.retain(|used| &*used.organization != only),
        }
    }

    fn snapshot(&self, only: Option<&str>) -> Json<'static> {
        let state = self.state.lock();
        let of = |used: &&Use| only.is_none_or(|only| only == &*used.organization);
        let used = state.used.iter().filter(of).map(|used| {
            object([
                ("organization", used.organization.to_string().into()),
                ("number", used.number.into()),
            ])
        });
        let mut members: Members<'static> = vec![("used".into(), used.collect())];
        if only.is_none() {
            members.push(("given".into(), state.given.into()));
        }
        Json::Object(members)
    }

    fn read<'s>(
        &'s self,
        json: Option<&Json<'_>>,
        restoration: &Restoration<'s>,
    ) -> Reading<Change<'s>> {
        let only = restoration.only;
        let read = json.map_or_else(|| Ok(State::default()), |json| read(json, only))?;
        Ok(Box::new(move || {
            self.clear(only);
            let mut state = self.state.lock();
            state.given = state.given.max(read.given);
            read.used.into_iter().for_each(|used| state.keep(used));
            Ok(())
        }))
    }
}

fn read(json: &Json<'_>, only: Option<&str>) -> Reading<State> {
    let document = Document::read(json, "oauthCodes", &["given", "used"])?;
    let used = document.array("used")?.iter().enumerate();
    let used = used.map(|(at, json)| {
        let path = document.at(&format!("used[{at}]"));
        let document = Document::read(json, &path, &["organization", "number"])?;
        let organization = document.required_text("organization")?;
        if only.is_some_and(|only| only != organization) {
            let at = document.at("organization");
            return Err(format!("{at} is another one than the one to restore"));
        }
        Ok(Use {
            organization: organization.into(),
            number: document.required_whole("number")?,
        })
    });
    Ok(State {
        given: document.counter("given")?.unwrap_or_default(),
        used: used.collect::<Reading<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn the_uses_of_a_document_are_bounded_like_others() {
        let uses = (1..=MAX_USED as u64 + 2)
            .map(|number| object([("organization", "o".into()), ("number", number.into())]));
        let document = object([("used", uses.collect())]);
        let codes = Codes::default();
        let restoration = Restoration {
            only: None,
            seed: 0,
            catalog: Catalog::documented(),
        };
        codes.read(Some(&document), &restoration).unwrap()().unwrap();
        assert_eq!(codes.state.lock().used.len(), MAX_USED);
        // The oldest are forgotten.
        assert!(!codes.spend("o", 3));
        assert!(codes.spend("o", 2) && !codes.spend("o", 4));
        assert_eq!(codes.state.lock().used.len(), MAX_USED);
    }
}
