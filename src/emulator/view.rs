//! A stored instance as a reply shows it: in the documented shape, exactly, or in the platform's later one.

use super::clock::system_time;
use super::state::instances::Stored;
use crate::settings::Shape;
use crate::wire::instance::{Fill, push_platform_members};
use crate::wire::json::{Json, Members};
use crate::wire::vocabulary::{Dialect, entry, member, text};

/// A way to show instances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) dialect: Dialect,
    pub(crate) shape: Shape,
    pub(crate) configuration: Hydration,
}

/// The choice whether the platform's shape has the member `configuration` (query parameter `hydrate`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hydration {
    Full,
    Bare,
}

impl View {
    /// Appends `stored` as this view shows it.
    pub(crate) fn render(self, out: &mut Vec<u8>, stored: &Stored) {
        let template = match self.shape {
            Shape::Documented => stored.element.documented(self.dialect),
            Shape::Platform => stored.element.platform(self.dialect),
        };
        let fill = Fill {
            id: stored.id,
            name: stored.name(),
            token: &stored.token,
            disabled: stored.disabled,
            events_enabled: &|| stored.has_events_enabled(),
        };
        template.render(out, fill);
        if self.shape == Shape::Platform {
            push_platform_members(out, &self.platform_members(stored));
        }
    }

    fn platform_members(self, stored: &Stored) -> Vec<(&'static str, Json<'_>)> {
        let mut members = vec![
            (member::TAGS, stored.shown_tags().map(Json::from).collect()),
            (member::CREATED_DATE, date(stored.created).into()),
            (member::UPDATED_DATE, date(stored.updated).into()),
        ];
        if let Some(callback) = stored.configured(entry::CALLBACK) {
            members.push((member::EVENTS_CALLBACK, callback.into()));
        }
        if self.configuration == Hydration::Full {
            members.insert(
                1,
                (member::CONFIGURATION, Json::Object(configuration(stored))),
            );
        }
        members
    }
}

/// The catalog's entries in its order, then the others: values as text, unset ones `null`, secrets masked.
fn configuration(stored: &Stored) -> Members<'_> {
    let (element, configuration) = (&*stored.element, stored.configuration());
    let known = element.entries().iter().map(|entry| {
        let value = configuration
            .get(element, &entry.key)
            .or(entry.default.as_deref());
        (&*entry.key, value)
    });
    let others = configuration
        .entries(element)
        .filter(|(key, _)| element.entry(key).is_none());
    let all = known.chain(others.map(|(key, value)| (key, Some(value))));
    let shown = |key, value| {
        if element.hides(key) {
            text::MASK
        } else {
            value
        }
    };
    all.map(|(key, value)| (key.into(), value.map(|value| shown(key, value)).into()))
        .collect()
}

/// `2017-03-14T19:20:16Z`
pub(crate) fn date(millis: u64) -> String {
    humantime::format_rfc3339_seconds(system_time(millis)).to_string()
}
