//! A guide as its reader sees it: the headers and the address of its cURL command, its requests, its response.
//!
//! Deliberately not the importer: a second, smaller reading, so that a mistake in the first does not confirm itself.

use std::path::Path;

use mock_ce::{Dialect, Json};

pub(crate) struct Document {
    pub(crate) file: &'static str,
    /// `elementId` or `your_momId` of its front matter.
    pub(crate) element_id: u64,
    /// The path of its cURL command's URL.
    pub(crate) path: String,
    /// The `-H` of its cURL command.
    pub(crate) headers: Vec<(String, String)>,
    /// Its request bodies, verbatim; the minimum first.
    pub(crate) samples: Vec<String>,
    /// Its documented response.
    pub(crate) response: Json<'static>,
}

const FILES: [&str; 5] = [
    "mailjet.md",
    "mailjet.your_mom.md",
    "sendgrid.your_mom.md",
    "twilio.md",
    "twilio.your_mom.md",
];

impl Document {
    pub(crate) fn all() -> Vec<Self> {
        FILES.map(Document::read).into()
    }

    /// One guide for each of the three elements.
    pub(crate) fn one_an_element() -> Vec<Self> {
        ["sendgrid.your_mom.md", "twilio.md", "mailjet.md"]
            .map(Document::read)
            .into()
    }

    fn read(file: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/guides")
            .join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let id = text.lines().find_map(|line| line.split_once("Id: "));
        let (responses, samples): (Vec<_>, Vec<_>) = blocks(&text, "json")
            .into_iter()
            .partition(|block| block.contains("\"token\": \""));
        assert_eq!(responses.len(), 1, "{file} has one response");
        let response = mend(&responses[0]);
        let response =
            Json::parse(response.as_bytes()).unwrap_or_else(|problem| panic!("{file}: {problem}"));
        let commands = blocks(&text, "bash");
        let curl = commands
            .iter()
            .find(|block| block.starts_with("curl"))
            .unwrap();
        let quoted = |line: &'_ str| Some(line.split_once('\'')?.1.rsplit_once('\'')?.0.to_owned());
        let header = |line: &str| {
            let header = quoted(line.strip_prefix("-H ")?)?;
            header
                .split_once(": ")
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        };
        let url = curl.lines().rev().find_map(quoted).unwrap();
        Document {
            file,
            element_id: id.unwrap().1.trim().parse().unwrap(),
            path: url["https://".len()..]
                .split_once('/')
                .map(|(_, path)| format!("/{path}"))
                .unwrap(),
            headers: curl.lines().filter_map(header).collect(),
            samples,
            response: response.into_owned(),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        let fits = |dialect: &&Dialect| self.response.get(dialect.noun()).is_some();
        *Dialect::ALL.iter().find(fits).unwrap()
    }

    /// The element as the response shows it.
    pub(crate) fn element(&self) -> &Json<'static> {
        self.response.get(self.dialect().noun()).unwrap()
    }

    /// The keys of the minimum payload, in its order.
    pub(crate) fn required(&self) -> Vec<String> {
        let minimum = Json::parse(self.samples[0].as_bytes()).unwrap();
        let entries = minimum
            .get("configuration")
            .and_then(Json::as_object)
            .unwrap();
        entries.iter().map(|(key, _)| key.to_string()).collect()
    }
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// The two things that are broken in the guides' responses: a text over two lines, and bare quotes inside a text.
fn mend(block: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in block.lines() {
        match lines.last_mut() {
            Some(last) if is_open(last) => *last += &format!("\\n{line}"),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
        .iter()
        .map(|line| escape_inner_quotes(line))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_open(line: &str) -> bool {
    line.contains("\": \"") && !line.trim_end_matches(',').ends_with('"')
}

fn escape_inner_quotes(line: &str) -> String {
    let Some((name, value)) = line.split_once("\": \"") else {
        return line.to_owned();
    };
    let (text, end) = value.rsplit_once('"').unwrap();
    format!("{name}\": \"{}\"{end}", text.replace('"', "\\\""))
}
