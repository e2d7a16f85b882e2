//! Steps that clients take, at random: every endpoint, both dialects, several organizations.

use http::Method;
use mock_ce::{Dialect, Request};
use proptest::prelude::*;

/// The elements, and a configuration that each accepts.
pub(super) const ELEMENTS: [&str; 3] = ["mailjet", "twilio", "sendgrid"];

/// One step of a client.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) organization: usize,
    pub(super) dialect: Dialect,
    pub(super) verb: Verb,
    /// Which of the ids that there may be.
    pub(super) id: u64,
    pub(super) way: Way,
    pub(super) element: usize,
    pub(super) name: Option<String>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) page: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Get,
    List,
    Replace,
    Patch,
    /// A patch that names an element.
    Move,
    Delete,
}

/// The way in which a client addresses an instance, or a creation's element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Id,
    Token,
    Element,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    use Verb::{Create, Delete, Get, List, Move, Patch, Replace};
    let verb = prop_oneof![
        4 => Just(Create), 2 => Just(Get), 3 => Just(List), 1 => Just(Replace), 2 => Just(Patch), 2 => Just(Move), 2 => Just(Delete),
    ];
    let way = prop_oneof![3 => Just(Way::Id), 1 => Just(Way::Token), 2 => Just(Way::Element)];
    let name = prop_oneof![Just(None), "[a-cA-C]{1,3}".prop_map(Some)];
    let tags = prop::option::of(prop::collection::vec("[ab]", 0..3));
    let whose = (0..3_usize, prop::sample::select(&Dialect::ALL));
    (
        whose,
        verb,
        1234..1242_u64,
        way,
        0..3_usize,
        name,
        tags,
        1..4_usize,
    )
        .prop_map(
            |((organization, dialect), verb, id, way, element, name, tags, page)| Step {
                organization,
                dialect,
                verb,
                id,
                way,
                element,
                name,
                tags,
                page,
            },
        )
}

impl Step {
    pub(super) fn key(&self) -> &'static str {
        ELEMENTS[self.element]
    }

    /// The secret of whose step it is.
    pub(super) fn secret(&self) -> String {
        format!("organization {}", self.organization)
    }

    /// The request, to an instance with this token where the token is how it is addressed.
    pub(super) fn request(&self, token: &str) -> Request {
        let by_token = self.way == Way::Token && self.acts_on_one() && self.verb != Verb::Get;
        let authorization = if by_token {
            format!("User u, {} {token}", self.dialect.token_word())
        } else {
            format!("Organization {}, User u", self.secret())
        };
        let path = format!("{}{}", self.dialect.base_path(), self.path(by_token));
        let request = Request::new(self.method(), &path, self.body());
        let request = request.header("authorization", &authorization);
        request.header("content-type", "application/json")
    }

    pub(super) fn acts_on_one(&self) -> bool {
        !matches!(self.verb, Verb::Create | Verb::List)
    }

    fn method(&self) -> Method {
        match self.verb {
            Verb::Create => Method::POST,
            Verb::Get | Verb::List => Method::GET,
            Verb::Replace => Method::PUT,
            Verb::Patch | Verb::Move => Method::PATCH,
            Verb::Delete => Method::DELETE,
        }
    }

    fn path(&self, by_token: bool) -> String {
        let below = match self.way {
            Way::Element => format!("/{}/{}/instances", self.dialect.plural(), self.key()),
            _ => "/instances".to_owned(),
        };
        match self.verb {
            Verb::Create => below,
            Verb::List => format!("{below}?pageSize={}{}", self.page, self.filters()),
            _ if by_token => below,
            _ => format!("{below}/{}", self.id),
        }
    }

    fn filters(&self) -> String {
        let tags = self
            .tags
            .iter()
            .flatten()
            .map(|tag| format!("&tags[]={tag}"));
        let search = self.name.iter().map(|name| format!("&searchText={name}"));
        tags.chain(search).collect()
    }

    fn body(&self) -> String {
        let mut members = Vec::new();
        let names_element = match self.verb {
            Verb::Create => self.way != Way::Element,
            verb => verb == Verb::Move,
        };
        if names_element {
            members.push(format!(
                r#""{}":{{"key":"{}"}}"#,
                self.dialect.noun(),
                self.key()
            ));
        }
        match (&self.name, self.verb) {
            (Some(name), _) => members.push(format!(r#""name":"{name}""#)),
            (None, Verb::Create) => members.push(r#""name":"unnamed""#.to_owned()),
            (None, _) => {}
        }
        members.extend(self.tags.iter().map(|tags| format!(r#""tags":{tags:?}"#)));
        if self.verb == Verb::Create {
            members.push(configuration(self.key()));
        }
        match self.verb {
            Verb::Get | Verb::List | Verb::Delete => String::new(),
            _ => format!("{{{}}}", members.join(",")),
        }
    }
}

fn configuration(key: &str) -> String {
    let whole = match key {
        "mailjet" => crate::support::mailjet(""),
        "twilio" => crate::support::twilio(""),
        _ => crate::support::sendgrid(""),
    };
    let start = whole.find("\"configuration\"").expect("a configuration");
    let end = whole.rfind(",\"name\"").expect("a name");
    whole[start..end].to_owned()
}
