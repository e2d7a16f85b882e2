//! A provider's message on its way in: the element it is for, and the instances it belongs to (rule `event-match`).
//!
//! The instances that are meant are found in this order: base64 in the path; `Element-Instances`; `Id` or `instance_id`; the instance
//! finder; the element's own field; else every instance of the element. The first that is there decides alone, and
//! whoever it names and cannot be is passed over in silence.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::CONTENT_TYPE;

use super::elements;
use crate::catalog::Element;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::state::events::Arrival;
use crate::emulator::state::instances::{Matches, Stored};
use crate::rules;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::Json;
use crate::wire::vocabulary::{entry, header};
use crate::wire::webhook::ProviderMessage;

/// The ending of an element's key for results of polling (rule `event-in-key`).
const POLLING: &str = "Polling";

/// `POST` and `GET /events/{keyOrId}`, `/events/{keyOrId}/{instance}`
pub(in crate::emulator) fn receive(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let (element, is_polled) = element(emulator, call.key_or_id().unwrap_or_default())?;
    let named = call.parameter("instance").map(decode_id).transpose()?;
    // What the mock itself sends makes no event, or a callback to itself would never end.
    if call
        .context
        .request
        .headers
        .contains_key(header::WEBHOOK_ID)
    {
        return Ok(Outcome::json(&rules::EVENT_CALLBACK_REACH, "{}"));
    }
    let message = Arc::new(message(call));
    let too_many = |reason| ApiError::bad_request(&rules::EVENT_OBJECTS, reason);
    message.check().map_err(too_many)?;
    let message_for = |(organization, instance)| Arrival {
        organization,
        instance,
        message: message.clone(),
        is_polled,
    };
    let raw = &message.raw;
    let search = Search {
        emulator,
        call,
        element: &element,
        raw,
    };
    let arrivals = search.instances(named).into_iter().map(message_for);
    emulator.receive_events(arrivals.collect());
    Ok(Outcome::json(call.rule, "{}"))
}

/// The element that a path names, and whether polling found what is said of it.
fn element(emulator: &Emulator, key_or_id: &str) -> Result<(Arc<Element>, bool), ApiError> {
    let catalog = emulator.catalog();
    let polled = || catalog.find(key_or_id.strip_suffix(POLLING)?).cloned();
    match elements::known(emulator, key_or_id) {
        Ok(element) => Ok((element, false)),
        Err(unknown) => polled().map(|element| (element, true)).ok_or(ApiError {
            rule: &rules::EVENT_IN_KEY,
            ..unknown
        }),
    }
}

/// `MjA5MzE=` is 20931.
fn decode_id(segment: &str) -> Result<u64, ApiError> {
    let decoded = STANDARD.decode(segment).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let id = text.and_then(|text| text.parse().ok());
    let message = || format!("{:?} is not an instance id in base64", clip(segment));
    id.ok_or_else(|| ApiError::not_found(&rules::EVENT_MATCH_REST, message()))
}

fn message(call: &Call<'_, '_>) -> ProviderMessage {
    let request = call.context.request;
    if request.method == Method::POST {
        ProviderMessage::of_body(request.header_text(&CONTENT_TYPE), call.context.body())
    } else {
        ProviderMessage::of_query(call.context.query())
    }
}

type Found = Vec<(Arc<str>, Arc<Stored>)>;

/// The search for the instances of one message.
struct Search<'a, 'c, 'r> {
    emulator: &'a Emulator,
    call: &'a Call<'c, 'r>,
    element: &'a Element,
    raw: &'a Json<'static>,
}

impl Search<'_, '_, '_> {
    fn instances(&self, named: Option<u64>) -> Found {
        let ids = named.map(|id| vec![id]).or_else(|| self.ids_said());
        if let Some(ids) = ids {
            return ids
                .into_iter()
                .flat_map(|id| self.matching(Matches::Id(id)))
                .collect();
        }
        let all = self.matching(Matches::Element(self.element.id()));
        let found = self.by_finder(&all).or_else(|| self.by_field(&all));
        found.unwrap_or(all)
    }

    /// The instances that take events, of the organization that the header names or of all (rule `event-partition`).
    fn matching(&self, matches: Matches) -> Found {
        let credentials = self.call.context.credentials().and_then(Result::ok);
        let only = credentials.and_then(|credentials| credentials.organization);
        let is_fit =
            |stored: &Stored| stored.element.id() == self.element.id() && stored.takes_events();
        self.emulator
            .state
            .instances
            .matching(only, matches, is_fit)
    }

    /// The ids that headers or body name; one that is no number is nobody's.
    fn ids_said(&self) -> Option<Vec<u64>> {
        let request = self.call.context.request;
        if let Some(listed) = request.header_list(&header::ELEMENT_INSTANCES) {
            return Some(ids_listed(&listed));
        }
        let in_header = request.header_text(&header::POLLED_INSTANCE);
        let in_body = || Some(Cow::Owned(text(self.raw.get("instance_id")?)?));
        let said = in_header.map(Cow::Borrowed).or_else(in_body)?;
        Some(said.trim().parse().ok().into_iter().collect())
    }

    /// The instances whose finder says so: `site.id|data.site_id` is an entry, and the place in the message that must
    /// have the entry's value. `None` where no finder's place is there.
    fn by_finder(&self, all: &Found) -> Option<Found> {
        let mut applies = false;
        let mut is_found = |stored: &Stored| {
            let finder = stored.configured(entry::INSTANCE_FINDER)?;
            let (key, place) = finder.split_once('|')?;
            let said = text(at(self.raw, place.trim())?)?;
            applies = true;
            Some(stored.configured(key.trim())? == said)
        };
        let found = kept(all, |stored| is_found(stored).unwrap_or(false));
        applies.then_some(found)
    }

    /// The instances that the element's own field names, where the message has it.
    fn by_field(&self, all: &Found) -> Option<Found> {
        let (said, key) = match self.element.key() {
            "box" => (box_user(self.raw)?, entry::OAUTH_USER_ID),
            "zendesk" => (self.zendesk_target()?, entry::ZENDESK_TARGET),
            _ => return None,
        };
        Some(kept(all, |stored| stored.configured(key) == Some(&said)))
    }

    /// `…?ticket={"target": "17"}`
    fn zendesk_target(&self) -> Option<String> {
        let ticket = self.call.query().find(|(name, _)| name == "ticket")?.1;
        text(Json::parse(ticket.as_bytes()).ok()?.get("target")?)
    }
}

/// The ids of a list, each once.
fn ids_listed(listed: &str) -> Vec<u64> {
    let mut met = HashSet::new();
    let ids = listed.split(',').filter_map(|id| id.trim().parse().ok());
    ids.filter(|id| met.insert(*id)).collect()
}

fn kept(all: &Found, mut is_kept: impl FnMut(&Stored) -> bool) -> Found {
    all.iter()
        .filter(|(_, stored)| is_kept(stored))
        .cloned()
        .collect()
}

/// `userId=["17"]`, of which a form is made an object.
fn box_user(raw: &Json<'_>) -> Option<String> {
    let sent = raw.get("userId")?.as_str()?;
    match Json::parse(sent.as_bytes()) {
        Ok(Json::Array(ids)) => text(ids.first()?),
        Ok(one) => text(&one),
        Err(_) => Some(sent.to_owned()),
    }
}

/// The value at a path such as `data.site_id`.
fn at<'j>(json: &'j Json<'_>, path: &str) -> Option<&'j Json<'j>> {
    path.split('.').try_fold(json, |json, name| json.get(name))
}

fn text(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.to_string()),
        number @ Json::Number(_) => Some(number.to_string()),
        _ => None,
    }
}
