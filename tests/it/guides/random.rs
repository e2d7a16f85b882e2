//! A random element, written as a guide in each style, with random defects of the known kinds.
//!
//! It is imported back equal, or refused with the line; never something else.

use std::fmt::Write as _;

use super::*;
use mock_ce::Json;
use proptest::prelude::*;

/// An element as its guide would document it.
#[derive(Clone, Debug)]
struct Sketch {
    key: String,
    id: u64,
    description: String,
    entries: Vec<Line>,
    evidence: Style,
    blocks: Blocks,
    defects: Vec<Defect>,
    trap: Trap,
    noun: &'static str,
}

/// One configuration entry and what the guide says of it.
#[derive(Clone, Debug)]
struct Line {
    name: String,
    said: Said,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Required,
    Optional,
    Default(&'static str),
    /// Nothing: it is assumed to be required.
    Nothing,
}

/// The place in a guide that says that an entry is required.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Table,
    WordsInTable,
    List,
    Sentences,
    Comments,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Blocks {
    Fenced(&'static str, &'static str),
    Generator,
    Indented,
    /// Request and response in one block, with text between them.
    Shared,
    Array,
}

/// A defect that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    Comment(usize),
    TrailingComma,
    MissingComma(usize),
    BareQuotes,
    RawLineBreak,
    MissingBrace,
    UnclosedArray,
    EarlierConfiguration,
    FrontMatterDisagrees,
    SampleOfAnother,
    ResponseOfAnotherCall,
    Placeholders,
}

/// A defect that nothing can be made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trap {
    None,
    UnknownPlaceholder,
    MissingInclude,
    NoResponse,
    OnlyAnotherCallsResponse,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let said = prop_oneof![
        Just(Said::Required),
        Just(Said::Optional),
        Just(Said::Default("left")),
        Just(Said::Default("587")),
        Just(Said::Nothing),
    ];
    let entry =
        ("[a-z]{1,6}(\\.[a-z]{1,6}){1,2}", said).prop_map(|(name, said)| Line { name, said });
    let entries = prop::collection::vec(entry, 1..6).prop_map(|mut entries| {
        let mut seen = Vec::new();
        entries.retain(|entry: &Line| {
            let is_new = !seen.contains(&entry.name);
            seen.push(entry.name.clone());
            is_new
        });
        entries
    });
    let evidence = prop_oneof![
        Just(Style::Table),
        Just(Style::WordsInTable),
        Just(Style::List),
        Just(Style::Sentences),
        Just(Style::Comments),
    ];
    let blocks = prop_oneof![
        Just(Blocks::Fenced("```json", "```")),
        Just(Blocks::Fenced("```JSON", "```")),
        Just(Blocks::Fenced("~~~~", "~~~~")),
        Just(Blocks::Fenced("```javascript", "```")),
        Just(Blocks::Generator),
        Just(Blocks::Indented),
        Just(Blocks::Shared),
        Just(Blocks::Array),
    ];
    let defect = prop_oneof![
        (0..6_usize).prop_map(Defect::Comment),
        Just(Defect::TrailingComma),
        (0..6_usize).prop_map(Defect::MissingComma),
        Just(Defect::BareQuotes),
        Just(Defect::RawLineBreak),
        Just(Defect::MissingBrace),
        Just(Defect::UnclosedArray),
        Just(Defect::EarlierConfiguration),
        Just(Defect::FrontMatterDisagrees),
        Just(Defect::SampleOfAnother),
        Just(Defect::ResponseOfAnotherCall),
        Just(Defect::Placeholders),
    ];
    let defects = prop::collection::vec(defect, 0..4).prop_map(|mut defects| {
        let mut kinds = Vec::new();
        defects.retain(|defect| {
            let kind = std::mem::discriminant(defect);
            let is_new = !kinds.contains(&kind);
            kinds.push(kind);
            is_new
        });
        defects
    });
    let trap = prop_oneof![
        6 => Just(Trap::None),
        1 => Just(Trap::UnknownPlaceholder),
        1 => Just(Trap::MissingInclude),
        1 => Just(Trap::NoResponse),
        1 => Just(Trap::OnlyAnotherCallsResponse),
    ];
    let noun = prop_oneof![Just("element"), Just("your_mom")];
    let identity = ("[a-z]{3,9}", 1_000..2_000_u64, "[A-Za-z ,.:/]{0,20}");
    (identity, entries, evidence, blocks, defects, trap, noun).prop_map(
        |((key, id, description), entries, evidence, blocks, defects, trap, noun)| Sketch {
            key,
            id,
            description,
            entries,
            evidence,
            blocks,
            defects,
            trap,
            noun,
        },
    )
}

/// An entry's key, whether it is required, whether that is assumed, and its default.
type Decided = (String, bool, bool, Option<String>);

impl Sketch {
    fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let front = if self.has(Defect::FrontMatterDisagrees) {
            7
        } else {
            self.id
        };
        let noun = self.noun;
        let _ = write!(
            text,
            "---\nheading: A\n{noun}Id: {front}\n{noun}Key: {}\ntitle: Create Instance\n---\n\n",
            self.key
        );
        text.push_str("## Create Instance\n\n* HTTP Verb: POST\n* Request URL: /instances\n\n");
        if self.has(Defect::SampleOfAnother) {
            let other = format!(
                "{{\"{noun}\": {{\"key\": \"another\"}}, \"configuration\": {{\"a.b\": \"\"}}}}"
            );
            let _ = write!(text, "Create Instance JSON:\n\n```json\n{other}\n```\n\n");
        }
        let (request, response) = (self.request(), self.response());
        match self.blocks {
            Blocks::Shared => {
                let _ = write!(
                    text,
                    "Both:\n\n```\n{request}\nHTTP/1.1 200 OK\n\n{response}```\n\n"
                );
                text.push_str(&self.evidence());
            }
            _ => {
                let (request, response) = (self.block(&request), self.block(&response));
                let _ = write!(
                    text,
                    "The request:\n\n{request}\n{}The response:\n\n",
                    self.evidence()
                );
                if self.trap == Trap::OnlyAnotherCallsResponse {
                    text.push_str("`GET /instances/4014`\n\n");
                }
                text.push_str(&response);
            }
        }
        if self.has(Defect::ResponseOfAnotherCall) {
            let other = format!(
                "{{\"id\": 4014, \"name\": \"\", \"token\": \"x\", \"{noun}\": {{\"id\": 5, \"key\": \"{}\"}}}}",
                self.key
            );
            let _ = write!(
                text,
                "\nThen `GET /instances/4014`:\n\n```json\n{other}\n```\n"
            );
        }
        text
    }

    fn block(&self, json: &str) -> String {
        match self.blocks {
            Blocks::Fenced(open, close) => format!("{open}\n{json}{close}\n"),
            Blocks::Generator => format!("{{% highlight json %}}\n{json}{{% endhighlight %}}\n"),
            Blocks::Indented => {
                json.lines()
                    .map(|line| format!("    {line}\n"))
                    .collect::<String>()
                    + "\n"
            }
            Blocks::Array if !json.is_empty() => format!("```json\n[\n{json}]\n```\n"),
            _ => format!("```json\n{json}```\n"),
        }
    }

    fn request(&self) -> String {
        let key = self.shown_key();
        let mut json = format!("{{\n  \"{}\": {{ \"key\": {key} }},\n", self.noun);
        if self.has(Defect::EarlierConfiguration) {
            json.push_str("  \"configuration\": [],\n");
        }
        json.push_str("  \"configuration\": {\n");
        if self.trap == Trap::MissingInclude {
            json.push_str("{% include entries.md %}\n");
        }
        for (index, entry) in self.entries.iter().enumerate() {
            let comma = if index + 1 < self.entries.len() {
                ","
            } else {
                ""
            };
            let _ = write!(json, "    \"{}\": \"<INSERT>\"{comma}", entry.name);
            let said = entry
                .said
                .words()
                .filter(|_| self.evidence == Style::Comments);
            let _ = writeln!(
                json,
                "{}",
                said.map_or(String::new(), |words| format!(" // {words}"))
            );
        }
        json.push_str("  },\n  \"name\": \"<INSERT_NAME>\"\n}\n");
        json
    }

    fn shown_key(&self) -> String {
        match self.trap {
            Trap::UnknownPlaceholder => "\"{{ page.nobody }}\"".to_owned(),
            _ if self.has(Defect::Placeholders) => format!("\"{{{{page.{}Key}}}}\"", self.noun),
            _ => format!("\"{}\"", self.key),
        }
    }

    /// The response, line by line, with the defects that are in it.
    fn response(&self) -> String {
        if self.trap == Trap::NoResponse {
            return String::new();
        }
        let description = if self.has(Defect::BareQuotes) {
            "<a href=\"https://x.example\" target=\"_blank\">x</a>".to_owned()
        } else {
            "<a href=\\\"https://x.example\\\" target=\\\"_blank\\\">x</a>".to_owned()
        };
        let two_lines = if self.has(Defect::RawLineBreak) {
            "one\n two"
        } else {
            "one\\n two"
        };
        let id = match self.has(Defect::Placeholders) && !self.has(Defect::FrontMatterDisagrees) {
            true => format!("{{{{ page.{}Id }}}}", self.noun),
            false => self.id.to_string(),
        };
        let array = if self.has(Defect::UnclosedArray) {
            "["
        } else {
            "[]"
        };
        let mut lines = vec![
            "  \"id\": 1234,".to_owned(),
            "  \"name\": \"Test\",".to_owned(),
            "  \"token\": \"dG9rZW4=\",".to_owned(),
            format!("  \"{}\": {{", self.noun),
            format!("    \"id\": {id},"),
            "    \"name\": \"A\",".to_owned(),
            format!("    \"key\": {},", self.shown_key()),
            format!("    \"text\": {},", Json::from(self.description.as_str())),
            format!("    \"configDescription\": \"{description}\","),
            format!("    \"existingAccountDescription\": \"{two_lines}\","),
            format!("    \"parameters\": {array},"),
            "    \"active\": true".to_owned(),
            "  },".to_owned(),
            "  \"valid\": true".to_owned(),
        ];
        for defect in &self.defects {
            match defect {
                Defect::MissingComma(at) => {
                    // Not behind the text whose end would then be unclear, nor behind a broken array.
                    let line = &mut lines[[0, 1, 2, 4, 5, 12][*at]];
                    line.truncate(line.trim_end_matches(',').len());
                }
                Defect::TrailingComma => lines[13].push(','),
                _ => {}
            }
        }
        for defect in &self.defects {
            if let Defect::Comment(at) = defect {
                lines[[0, 1, 2, 4, 5, 12][*at]].push_str(" // coo, \"coo\"");
            }
        }
        let open = if self.has(Defect::MissingBrace)
            && !matches!(self.blocks, Blocks::Shared | Blocks::Array)
        {
            ""
        } else {
            "{\n"
        };
        format!("{open}{}\n}}\n", lines.join("\n"))
    }

    fn evidence(&self) -> String {
        let said = self
            .entries
            .iter()
            .filter_map(|entry| Some((&entry.name, entry.said.words()?)));
        let text: String = match self.evidence {
            Style::Comments => String::new(),
            Style::WordsInTable => {
                let rows = said.map(|(name, words)| format!("`{name}` | A wing. {words}\n"));
                format!("Entry | Meaning\n---|---\n{}", rows.collect::<String>())
            }
            Style::Table => {
                let rows = self.entries.iter().filter_map(|entry| {
                    let (required, default) = match entry.said {
                        Said::Required => ("yes", ""),
                        Said::Optional => ("no", "-"),
                        Said::Default(default) => ("No", default),
                        Said::Nothing => return None,
                    };
                    Some(format!("| {} | {required} | {default} |\n", entry.name))
                });
                format!(
                    "| Name | Required | Default |\n|---|---|---|\n{}",
                    rows.collect::<String>()
                )
            }
            Style::List => said
                .map(|(name, words)| format!("* `{name}`: a wing, {words}\n"))
                .collect(),
            Style::Sentences => said
                .map(|(name, words)| format!("The entry `{name}` {words}. "))
                .collect(),
        };
        text + "\n\n"
    }

    fn expected(&self) -> (String, Vec<Decided>) {
        let instance = format!(
            "{{\"id\":1234,\"name\":\"Test\",\"token\":\"dG9rZW4=\",\"element\":{{\"id\":{},\"name\":\"A\",\"key\":\"{}\",\
             \"text\":{},\"configDescription\":\"<a href=\\\"https://x.example\\\" target=\\\"_blank\\\">x</a>\",\
             \"existingAccountDescription\":\"one\\n two\",\"parameters\":[],\"active\":true}},\"valid\":true}}",
            self.id,
            self.key,
            Json::from(self.description.as_str()),
        );
        let entries = self.entries.iter().map(|entry| {
            let default = match entry.said {
                Said::Default(default) => Some(default.to_owned()),
                _ => None,
            };
            let required = matches!(entry.said, Said::Required | Said::Nothing);
            (
                entry.name.clone(),
                required,
                entry.said == Said::Nothing,
                default,
            )
        });
        (instance, entries.collect())
    }
}

impl Said {
    fn words(self) -> Option<String> {
        match self {
            Said::Required => Some("is required".to_owned()),
            Said::Optional => Some("is optional".to_owned()),
            Said::Default(default) => Some(format!("is optional, defaults to `{default}`")),
            Said::Nothing => None,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn an_element_written_as_a_guide_is_imported_back_equal_or_refused_with_the_line(sketch in sketch()) {
        let text = sketch.text();
        let import = import_text(&text);
        if sketch.trap != Trap::None && !(sketch.trap == Trap::OnlyAnotherCallsResponse && sketch.blocks == Blocks::Shared) {
            let Outcome::Refused(refusal) = &import.reports[0].outcome else {
                panic!("{:?}\n{text}", import.reports[0]);
            };
            let line = text.lines().nth(refusal.line - 1).unwrap_or_default();
            match sketch.trap {
                Trap::UnknownPlaceholder => prop_assert!(line.contains("{{ page.nobody }}"), "{refusal:?}\n{text}"),
                Trap::MissingInclude => prop_assert!(line.contains("{% include"), "{refusal:?}\n{text}"),
                _ => prop_assert!(refusal.reason.starts_with("no usable response"), "{refusal:?}\n{text}"),
            }
            return Ok(());
        }
        let fixture = match import.fixtures.first() {
            Some(fixture) => fixture,
            None => panic!("{}\n{text}", import.reports[0]),
        };
        let (instance, entries) = sketch.expected();
        prop_assert_eq!(fixture.instance().to_string(), instance, "{}", text);
        let found: Vec<_> = fixture.configuration().iter().map(|entry| {
            (entry.key.clone(), entry.required, entry.assumed, entry.default.clone())
        }).collect();
        prop_assert_eq!(found, entries, "{}", text);
        prop_assert_eq!(fixture.samples().len(), 1, "{}", text);
    }
}
