//! What one guide says: the element's documented instance, and the requests that make one.
//!
//! Decided in this order: which blocks are requests to `/instances` and which is the response; then the key, where the
//! request wins over the response; then the id, where the front matter wins. Deliberately nothing is filled in: a
//! document that does not say what a fixture needs is refused.

use super::dialect;
use super::finding::{Defect, Finding, Refusal, Severity};
use super::markdown::{Block, Call, Document, Ending};
use super::repair;
use super::role::{self, Payload, Role};
use super::tree::Node;
use super::{Guide, LONGEST};
use crate::wire::json::Json;

/// What one guide says, in the `element` spelling.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) file: String,
    /// The line of the response's block.
    pub(super) line: usize,
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) instance: Node,
    pub(super) requests: Vec<Request>,
}

/// A documented request.
#[derive(Debug)]
pub(super) struct Request {
    /// The line of its block.
    pub(super) line: usize,
    pub(super) title: String,
    pub(super) payload: Payload,
    pub(super) body: Node,
}

/// Reads one guide; what there is to say about it goes to `findings` even when it is refused.
pub(super) fn read(guide: Guide<'_>, findings: &mut Vec<Finding>) -> Result<Statement, Refusal> {
    let mut reader = Reader { guide, findings };
    if guide.text.len() > LONGEST {
        let reason = format!("longer than {LONGEST} bytes, which no guide is; check the file");
        return Err(reader.refusal(1, &reason));
    }
    let text = guide.text.strip_prefix('\u{feff}').unwrap_or(guide.text);
    let document = Document::parse(text);
    let (mut requests, responses) = reader.sort(&document);
    let key = reader.settle_key(&mut requests)?;
    let (line, mut instance) = reader.choose_response(responses, &key)?;
    reader.check_instance(line, &instance)?;
    reader.compare_key(&mut instance, &key);
    let id = reader.settle_id(&document, &mut instance, line)?;
    Ok(Statement {
        file: guide.name.to_owned(),
        line,
        id,
        key,
        instance,
        requests,
    })
}

struct Reader<'a, 'f> {
    guide: Guide<'a>,
    findings: &'f mut Vec<Finding>,
}

impl Reader<'_, '_> {
    /// The requests to `/instances` and the responses, in the `element` spelling.
    fn sort(&mut self, document: &Document<'_>) -> (Vec<Request>, Vec<(usize, Node)>) {
        let (mut requests, mut responses) = (Vec::new(), Vec::new());
        for block in document
            .blocks
            .iter()
            .filter(|block| role::holds_json(block))
        {
            let Some((node, role)) = self.block(block) else {
                continue;
            };
            let body = dialect::translate(node);
            match role {
                Role::Request => requests.push(self.request(document, block, body)),
                Role::Response => responses.push((block.line, body)),
                Role::Other => {}
            }
        }
        (requests, responses)
    }

    fn block(&mut self, block: &Block<'_>) -> Option<(Node, Role)> {
        let read = repair::read(block.text, block.line + 1).map_err(|unreadable| {
            let reason = format!("the block cannot be read: {}", unreadable.reason);
            self.note(unreadable.line, Defect::NotRead, reason);
        });
        let repaired = read.ok()?;
        let role = role::role(&repaired.node);
        match role {
            Role::Other => return None,
            Role::Request if block.call == Call::Oauth => {
                let reason = "a sample of the oauth call, not of /instances, and is not read";
                self.note(block.line, Defect::OtherCall, reason.to_owned());
                return None;
            }
            _ => {}
        }
        if block.ending == Ending::Missing {
            let reason = "a fenced block without its closing fence is read up to where it must end";
            self.note(block.line, Defect::UnclosedFence, reason.to_owned());
        }
        for note in repaired.notes {
            self.note(note.line, note.defect, note.reason);
        }
        Some((repaired.node, role))
    }

    fn request(&mut self, document: &Document<'_>, block: &Block<'_>, body: Node) -> Request {
        let configuration = body
            .member("configuration")
            .filter(|member| !member.value.is_object());
        if let Some(member) = configuration {
            let kind = member.value.to_json().kind();
            let reason = format!("the request's configuration is {kind}; its entries are not read");
            self.note(member.line, Defect::NotRead, reason);
        }
        Request {
            line: block.line,
            title: role::title(document, block, self.guide.name),
            payload: role::payload(block),
            body,
        }
    }

    /// The first request's key; requests for other elements are left out.
    fn settle_key(&mut self, requests: &mut Vec<Request>) -> Result<String, Refusal> {
        let Some(key) = requests
            .first()
            .and_then(|request| role::key(&request.body))
        else {
            return Err(self.refusal(
                1,
                "no usable request: no fenced block (json, javascript or bare) holds an object with \"element\": \
                 {\"key\": …} for /instances; add one, or leave this document out",
            ));
        };
        let key = key.to_owned();
        requests.retain(|request| {
            let own = role::key(&request.body).unwrap_or("");
            if own != key {
                let reason = format!(
                    "this request's key is {own:?}, the first request's is {key:?}; this request is left out"
                );
                self.note(request.line, Defect::KeyDisagrees, reason);
            }
            own == key
        });
        Ok(key)
    }

    /// The first response of the element, else the first of all.
    fn choose_response(
        &mut self,
        mut responses: Vec<(usize, Node)>,
        key: &str,
    ) -> Result<(usize, Node), Refusal> {
        if responses.is_empty() {
            return Err(self.refusal(
                1,
                "no usable response: no fenced block (json, javascript or bare) holds an object with \"element\" and \
                 \"id\" or \"token\"; add one, or leave this document out",
            ));
        }
        let own = responses
            .iter()
            .position(|(_, node)| role::key(node) == Some(key));
        Ok(responses.swap_remove(own.unwrap_or(0)))
    }

    fn check_instance(&self, line: usize, instance: &Node) -> Result<(), Refusal> {
        for name in ["id", "name", "token"] {
            if instance.get(name).is_none() {
                let reason = format!("the response has no {name:?}; add it to the document");
                return Err(self.refusal(line, &reason));
            }
        }
        Ok(())
    }

    fn compare_key(&mut self, instance: &mut Node, key: &str) {
        let Some(element) = instance.get_mut("element") else {
            return;
        };
        let (line, reason) = match element.get("key") {
            Some(node) if node.text() == Some(key) => return,
            Some(node) => {
                let found = node.to_json();
                (
                    node.line,
                    format!(
                        "the response's key is {found}, the request's is {key:?}; the request's is kept"
                    ),
                )
            }
            None => (
                element.line,
                format!("the response has no key, the request's is {key:?} and is kept"),
            ),
        };
        let position = element
            .members()
            .iter()
            .position(|member| member.name == "name");
        element.set(
            "key",
            position.map_or(1, |name| name + 1),
            Json::from(key.to_owned()),
        );
        self.note(line, Defect::KeyDisagrees, reason);
    }

    fn settle_id(
        &mut self,
        document: &Document<'_>,
        instance: &mut Node,
        line: usize,
    ) -> Result<u64, Refusal> {
        let documented = self.front_matter_id(document);
        let element = instance.get_mut("element").filter(|node| node.is_object());
        let Some(element) = element else {
            return Err(self.refusal(line, "the response's \"element\" is no object; correct it"));
        };
        let found = element.get("id").map(|id| (id.line, id.to_json()));
        let Some((front_line, id)) = documented else {
            let own = element.get("id").and_then(Node::number);
            return own.ok_or_else(|| {
                self.refusal(
                    line,
                    "neither the front matter nor the response has the element's id as a whole number; add it",
                )
            });
        };
        element.set("id", 0, Json::from(id));
        let (line, response) = match found {
            Some((_, found)) if found == Json::from(id) => return Ok(id),
            Some((line, found)) => (line, format!("the response's id is {found}")),
            None => (element.line, "the response has no id".to_owned()),
        };
        let reason = format!(
            "{response}, the front matter's (line {front_line}) is {id}; the front matter's is kept"
        );
        self.note(line, Defect::IdDisagrees, reason);
        Ok(id)
    }

    fn front_matter_id(&mut self, document: &Document<'_>) -> Option<(usize, u64)> {
        let setting = document.setting(&dialect::ID_SETTINGS)?;
        let value = setting.value.trim_matches(['"', '\'']);
        if let Ok(id) = value.parse() {
            return Some((setting.line, id));
        }
        let reason = format!(
            "{}: {value:?} is no whole number and is not read",
            setting.key
        );
        self.note(setting.line, Defect::IdDisagrees, reason);
        None
    }

    fn note(&mut self, line: usize, defect: Defect, reason: String) {
        self.findings.push(Finding {
            file: self.guide.name.to_owned(),
            line,
            defect,
            reason,
        });
    }

    fn refusal(&self, line: usize, reason: &str) -> Refusal {
        Refusal {
            file: self.guide.name.to_owned(),
            line,
            reason: reason.to_owned(),
        }
    }
}

/// Refuses a document that needed a repair.
pub(super) fn check_unrepaired(guide: Guide<'_>, findings: &[Finding]) -> Result<(), Refusal> {
    let mut repairs = findings
        .iter()
        .filter(|finding| finding.defect.severity() == Severity::Repair);
    let Some(first) = repairs.next() else {
        return Ok(());
    };
    let count = repairs.count() + 1;
    Err(Refusal {
        file: guide.name.to_owned(),
        line: first.line,
        reason: format!(
            "{count} repair(s) needed, the first: {}; correct the document, or import it without strictness",
            first.reason
        ),
    })
}
