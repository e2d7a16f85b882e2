//! The statement of one guide: the element's documented instance, the requests that make one, and the calls under its token.
//!
//! Decided in this order: which values are requests and responses of `POST /instances`; the response, which is the first
//! behind a request for its own key; then key and id, where the response wins and the front matter fills what is absent.
//! Deliberately nothing is invented: a document that does not say what a fixture needs is refused.

use std::collections::{BTreeMap, HashMap};

use super::demand::{self, Demand, Request};
use super::dialect;
use super::markdown;
use super::piece::{Piece, Pieces};
use super::report::{Evidence, Refusal, Report};
use super::resources;
use super::role::{self, Role};
use super::tree::Node;
use crate::catalog::resource::ResourceSpec;
use crate::wire::json::Json;

/// The statement of one guide, in the `element` spelling.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) file: String,
    /// The element's id and key, where the document says them.
    pub(super) id: Option<u64>,
    pub(super) key: Option<String>,
    pub(super) creation: Option<Creation>,
    pub(super) resources: Vec<ResourceSpec>,
}

/// The call that creates an instance.
#[derive(Clone, Debug)]
pub(super) struct Creation {
    /// The line of the response.
    pub(super) line: usize,
    /// `true` if the document is about creating instances, not only mentions it.
    pub(super) is_main: bool,
    pub(super) instance: Node,
    pub(super) samples: Vec<(String, Json<'static>)>,
    pub(super) demands: Vec<Demand>,
}

type Settings<'a> = BTreeMap<&'a str, (usize, &'a str)>;

impl Statement {
    /// The line of the response to the creation; the first where there is none.
    pub(super) fn line(&self) -> usize {
        self.creation.as_ref().map_or(1, |creation| creation.line)
    }

    /// Tells whether the document is about creating instances.
    pub(super) fn is_main(&self) -> bool {
        let creation = self.creation.as_ref();
        creation.is_some_and(|creation| creation.is_main)
    }
}

/// Reads one guide, whose marks are filled; repairs and decisions go to the report even when it is refused. `None` for a
/// document that has no call at all.
pub(super) fn read(
    file: &str,
    text: &str,
    ids: &BTreeMap<String, u64>,
    report: &mut Report,
) -> Result<Option<Statement>, Refusal> {
    let settings = markdown::front_matter(text);
    let mut pieces = Pieces::read(&markdown::parts(text));
    if let Some((line, mark)) = pieces.unfilled {
        return Err(unfilled(line, mark));
    }
    for Refusal { line, reason } in std::mem::take(&mut pieces.unreadable) {
        let decided = format!("a block is left out, it cannot be read: {reason}");
        report.decide(line, "sample", Evidence::Sample, decided);
    }
    let resources = resources::read(&pieces, report);
    let mut reader = Reader {
        file,
        settings,
        ids,
        pieces,
        report,
    };
    let (id, key, creation) = match reader.creation(!resources.is_empty())? {
        None if resources.is_empty() => return Ok(None),
        None => {
            let [id, key] = [&dialect::ID_SETTINGS, &dialect::KEY_SETTINGS]
                .map(|names| reader.setting(names).map(|(_, value)| value));
            let id = id.and_then(|id| id.parse().ok());
            (id, key.map(str::to_owned), None)
        }
        Some((creation, id, key)) => (Some(id), Some(key), Some(creation)),
    };
    Ok(Some(Statement {
        file: file.to_owned(),
        id,
        key,
        creation,
        resources,
    }))
}

fn unfilled(line: usize, mark: &str) -> Refusal {
    let advice = if mark.contains("include") {
        "the include is not found; name its directory with --includes"
    } else {
        "the placeholder has no value; give it one with --define NAME=VALUE"
    };
    Refusal::new(line, format!("{mark}: {advice}"))
}

struct Reader<'a, 'r> {
    file: &'a str,
    settings: Settings<'a>,
    ids: &'a BTreeMap<String, u64>,
    pieces: Pieces<'a>,
    report: &'r mut Report,
}

/// A value, and the piece that it is or that it is an item of.
type Found = (usize, Node);

impl<'a> Reader<'a, '_> {
    fn setting(&self, names: &[&str]) -> Option<(usize, &'a str)> {
        names
            .iter()
            .find_map(|name| self.settings.get(name).copied())
    }

    /// The creation, its id and its key; `None` where the document is about other calls only, or about none.
    fn creation(
        &mut self,
        has_resources: bool,
    ) -> Result<Option<(Creation, u64, String)>, Refusal> {
        let (requests, responses) = self.sort();
        if requests.is_empty() && has_resources {
            return Ok(None);
        }
        if requests.is_empty() && responses.is_empty() {
            return self.check_samples().map(|()| None);
        }
        if requests.is_empty() {
            return Err(Refusal::new(
                1,
                "no usable request: no block holds an object with \"element\": {\"key\": …} for POST /instances; add \
                 one, or leave this document out",
            ));
        }
        let Some((index, mut instance)) = self.choose_response(&requests, responses) else {
            return Err(self.no_response());
        };
        let line = self.pieces.pieces[index].line;
        for name in ["id", "name", "token"] {
            if instance.get(name).is_none() {
                let reason = format!("the response has no {name:?}; add it to the document");
                return Err(Refusal::new(line, reason));
            }
        }
        let key = self.settle_key(&mut instance, &requests);
        let id = self.settle_id(&mut instance, &key, line)?;
        let requests = self.own_requests(requests, &key);
        for index in requests.iter().map(|(index, _)| *index).chain([index]) {
            let repairs = std::mem::take(&mut self.pieces.pieces[index].repairs);
            self.report.repairs.extend(repairs);
        }
        let requests: Vec<_> = requests
            .into_iter()
            .map(|(index, body)| self.request(index, body))
            .collect();
        let demands = demand::demands(&requests, &self.pieces.prose, &key);
        let creation = Creation {
            line,
            is_main: self.is_main(),
            instance,
            samples: requests
                .iter()
                .map(|request| (request.title.clone(), request.body.to_json()))
                .collect(),
            demands,
        };
        Ok(Some((creation, id, key)))
    }

    /// Refuses a document without a call of which a block could not be read: it may have had one.
    fn check_samples(&self) -> Result<(), Refusal> {
        let mut decisions = self.report.decisions.iter();
        if decisions.all(|decision| decision.about != "sample") {
            return Ok(());
        }
        let reason =
            "no block of it can be used, see the decisions; correct the document, or leave it out";
        Err(Refusal::new(self.report.decisions[0].line, reason))
    }

    fn is_main(&self) -> bool {
        let title = self.setting(&["title"]).map_or("", |(_, title)| title);
        let first = self
            .pieces
            .prose
            .iter()
            .find(|(_, line)| line.starts_with('#'));
        let heading = first.map_or("", |(_, line)| line);
        [title, heading]
            .iter()
            .any(|text| text.to_lowercase().contains("create instance"))
    }

    /// The requests and responses of `POST /instances`, in the `element` spelling; what belongs to other calls is said.
    fn sort(&mut self) -> (Vec<Found>, Vec<Found>) {
        let (mut requests, mut responses) = (Vec::new(), Vec::new());
        for (index, piece) in self.pieces.pieces.iter().enumerate() {
            for node in role::objects(&piece.node) {
                let role = role::role(node);
                if role == Role::Other {
                    continue;
                }
                if !piece.call.creates_an_instance() {
                    let word = if role == Role::Request {
                        "request"
                    } else {
                        "response"
                    };
                    let decided = format!("left out, a {word} of {}", piece.call);
                    self.report
                        .decide(piece.line, "sample", Evidence::Sentence, decided);
                    continue;
                }
                let found = (index, dialect::translate(node.clone()));
                match role {
                    Role::Request => requests.push(found),
                    _ => responses.push(found),
                }
            }
        }
        (requests, responses)
    }

    /// The first response behind a request for its key, else behind any request, else the first of all.
    fn choose_response(&self, requests: &[Found], mut responses: Vec<Found>) -> Option<Found> {
        let (first, own) = requests
            .first()
            .map(|(index, body)| (*index, role::key(body)))?;
        let mut first_of = HashMap::new();
        for (index, body) in requests {
            first_of.entry(role::key(body)).or_insert(*index);
        }
        let find = |wanted: &dyn Fn(&Found) -> bool| responses.iter().position(wanted);
        let follows = |(index, body): &Found| {
            first_of
                .get(&role::key(body))
                .is_some_and(|first| first <= index)
        };
        let chosen = find(&|found| role::key(&found.1) == own && follows(found))
            .or_else(|| find(&follows))
            .or_else(|| find(&|found| role::key(&found.1) == own))
            .or_else(|| find(&|(index, _)| first <= *index))
            .or((!responses.is_empty()).then_some(0))?;
        Some(responses.swap_remove(chosen))
    }

    fn no_response(&self) -> Refusal {
        let other = self
            .report
            .decisions
            .iter()
            .find(|decision| decision.decided.contains("a response of"));
        let line = other.map_or(1, |decision| decision.line);
        let found = other.map_or_else(
            || "no block holds an object with \"element\" and \"id\" or \"token\"".to_owned(),
            |decision| format!("the only one is {}", decision.decided),
        );
        let reason = format!(
            "no usable response of POST /instances: {found}; add one, or leave this document out"
        );
        Refusal::new(line, reason)
    }

    fn settle_key(&mut self, instance: &mut Node, requests: &[Found]) -> String {
        let sent = role::key(&requests[0].1).unwrap_or_default().to_owned();
        let line = self.pieces.pieces[requests[0].0].line;
        if let Some(key) = role::key(instance) {
            if requests
                .iter()
                .all(|(_, body)| role::key(body) != Some(key))
            {
                let decided = format!("{key:?}, as the response shows; the request sends {sent:?}");
                self.report.decide(line, "key", Evidence::Response, decided);
            }
            return key.to_owned();
        }
        let decided = format!("{sent:?}, as the request sends; the response has none");
        self.report.decide(line, "key", Evidence::Samples, decided);
        if let Some(element) = instance.get_mut("element") {
            let name = element
                .members()
                .iter()
                .position(|member| member.name == "name");
            element.set(
                "key",
                name.map_or(1, |name| name + 1),
                Json::from(sent.clone()),
            );
        }
        sent
    }

    fn settle_id(&mut self, instance: &mut Node, key: &str, line: usize) -> Result<u64, Refusal> {
        let element = instance.get_mut("element").filter(|node| node.is_object());
        let Some(element) = element else {
            let reason = "the response's \"element\" is no object; correct it";
            return Err(Refusal::new(line, reason));
        };
        let given = self.ids.get(key).or_else(|| self.ids.get(""));
        let setting = self.setting(&dialect::ID_SETTINGS);
        let documented = setting.and_then(|(front, said)| Some((front, said.parse().ok()?)));
        let shown = element.get("id").map(Node::to_json);
        let own = shown.as_ref().and_then(Json::as_u64);
        let (line, evidence, id, reason) = if let Some(id) = given {
            (line, Evidence::Given, *id, "as was asked for".to_owned())
        } else if let Some(id) = own {
            match setting {
                Some((front, said)) if said.parse() != Ok(id) => {
                    let reason = format!("as the response shows; the front matter says {said:?}");
                    (front, Evidence::Response, id, reason)
                }
                _ => return Ok(id),
            }
        } else if let Some((front, id)) = documented {
            let shown = shown.map_or("none".to_owned(), |shown| {
                format!("{shown}, which is no id")
            });
            let reason = format!("as the front matter says; the response has {shown}");
            (front, Evidence::FrontMatter, id, reason)
        } else {
            return Err(Refusal::new(
                line,
                "neither the response nor the front matter has the element's id as a whole number; add it, or give \
                 it with --id KEY=ID",
            ));
        };
        element.set("id", 0, Json::from(id));
        let decided = format!("{id}, {reason}");
        self.report.decide(line, "id", evidence, decided);
        Ok(id)
    }

    /// The requests for `key`, or all for the first one's key where none is.
    fn own_requests(&mut self, requests: Vec<Found>, key: &str) -> Vec<Found> {
        let mut keys = requests.iter().map(|(_, body)| role::key(body));
        let wanted = match keys.any(|sent| sent == Some(key)) {
            true => Some(key.to_owned()),
            false => role::key(&requests[0].1).map(str::to_owned),
        };
        let (own, others): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .partition(|(_, body)| role::key(body) == wanted.as_deref());
        for (index, body) in others {
            let decided = format!(
                "left out, it creates an instance of {:?}",
                role::key(&body).unwrap_or_default()
            );
            let line = self.pieces.pieces[index].line;
            self.report
                .decide(line, "sample", Evidence::Samples, decided);
        }
        own
    }

    fn request(&mut self, index: usize, body: Node) -> Request {
        let title = self.setting(&["title"]).map(|(_, title)| title);
        let piece: &Piece<'_> = &self.pieces.pieces[index];
        let request = Request {
            line: piece.line,
            title: role::title(piece, title, self.file),
            is_minimum: role::is_minimum(piece),
            comments: piece.comments.clone(),
            body,
        };
        if let Some(member) = request
            .body
            .member("configuration")
            .filter(|member| !member.value.is_object())
        {
            let kind = member.value.to_json().kind();
            let decided = format!("no entries are read, the request's configuration is {kind}");
            self.report
                .decide(member.line, "configuration", Evidence::Sample, decided);
        }
        request
    }
}
