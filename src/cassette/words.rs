//! Texts and words that are known to be harmless, wherever they stand.
//!
//! Most are derived: from the catalog, from the rule table, from the vocabulary. The lists below hold what has no other
//! source: the words of HTTP, and the English of error messages.

use std::collections::HashSet;

use once_cell::sync::Lazy;

use crate::catalog::Catalog;
use crate::rules::{Grade, RULES};
use crate::wire::json::Json;
use crate::wire::vocabulary::{Dialect, EXPOSED_HEADERS, member, query, text};

/// Texts, names and words that are known to be harmless; made once for a catalog.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Whole texts: keys, names and descriptions of the catalog, fixed messages.
    texts: HashSet<String>,
    /// Names of members, parameters and configuration entries.
    names: HashSet<String>,
    /// Words that may stand in an error's message, in lower case.
    words: HashSet<String>,
    /// All of it in lower case: a value that stands in it tells nothing when it is found elsewhere.
    everything: String,
    /// Every six bytes of it: most values are not in it, and are told by their first ones.
    windows: HashSet<[u8; WINDOW]>,
}

const WINDOW: usize = 6;

impl Known {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let mut known = Known::default();
        for element in catalog.elements() {
            for dialect in Dialect::ALL {
                let object = element.object(dialect);
                let object = Json::parse(object).expect("an element is JSON");
                known.add_json(&object);
            }
            known
                .names
                .extend(element.entries().iter().map(|entry| entry.key.clone()));
        }
        known.add_vocabulary();
        known.everything = known.collect_everything();
        let windows = known.everything.as_bytes().windows(WINDOW);
        known.windows = windows
            .filter_map(|window| window.try_into().ok())
            .collect();
        known
    }

    fn add_json(&mut self, json: &Json<'_>) {
        match json {
            Json::Text(text) => self.add_text(text),
            Json::Array(items) => items.iter().for_each(|item| self.add_json(item)),
            Json::Object(members) => {
                for (name, value) in members {
                    self.names.insert(name.to_string());
                    self.add_json(value);
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        self.add_words(text);
        self.texts.insert(text.to_owned());
    }

    fn add_words(&mut self, text: &str) {
        let words = text.split(|c: char| !c.is_ascii_alphabetic());
        let words = words
            .filter(|word| word.len() > 1)
            .map(str::to_ascii_lowercase);
        self.words.extend(words);
    }

    fn add_vocabulary(&mut self) {
        for text in FIXED_TEXTS {
            self.add_text(text);
        }
        for rule in RULES {
            self.add_words(rule.statement);
            self.texts.insert(rule.id.to_owned());
        }
        self.texts
            .extend(Grade::ALL.map(|grade| grade.name().to_owned()));
        self.names.extend(NAMES.iter().map(|&name| name.to_owned()));
        self.add_words(MESSAGE_WORDS);
    }

    fn collect_everything(&self) -> String {
        let all = [&self.texts, &self.names, &self.words]
            .into_iter()
            .flatten();
        let mut all: Vec<_> = all.map(|text| text.to_lowercase()).collect();
        all.extend([HEADER_WORDS, PATH_WORDS, KEPT_HEADERS, FORMAT_WORDS].map(str::to_owned));
        all.join("\n")
    }

    pub(super) fn has_text(&self, text: &str) -> bool {
        self.texts.contains(text) || (text.contains('/') && is_media_type(text))
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains(&word.to_ascii_lowercase())
    }

    /// Tells whether a text is part of what is known, in any case.
    pub(super) fn includes(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let start = lower.as_bytes().first_chunk::<WINDOW>();
        start.is_none_or(|start| self.windows.contains(start)) && self.everything.contains(&lower)
    }
}

/// Tells whether a text is a media type without parameters, made of listed words.
pub(super) fn is_media_type(text: &str) -> bool {
    text == UNTYPED_BODY
        || text
            .split_once('/')
            .is_some_and(|(one, other)| is_header_word(one) && is_header_word(other))
}

type Words = Lazy<HashSet<String>>;

pub(super) fn is_header_word(word: &str) -> bool {
    static WORDS: Words = Lazy::new(|| {
        let words = HEADER_WORDS.split(' ').chain(KEPT_HEADERS.split(' '));
        let words = words.chain(EXPOSED_HEADERS.split(", "));
        let words = words.chain(RULES.iter().map(|rule| rule.id));
        let words = words.chain(Grade::ALL.into_iter().map(Grade::name));
        words.map(str::to_ascii_lowercase).collect()
    });
    WORDS.contains(&*word.to_ascii_lowercase())
}

pub(super) fn is_kept_header(name: &str) -> bool {
    static NAMES: Words = Lazy::new(|| KEPT_HEADERS.split(' ').map(str::to_owned).collect());
    NAMES.contains(&*name.to_ascii_lowercase())
}

/// Tells whether a header's value is a list of words, each of which is judged by itself.
pub(super) fn is_list_header(name: &str) -> bool {
    LIST_HEADERS.split(' ').any(|listed| listed == name)
        || (name.starts_with("access-control-") && name != "access-control-allow-origin")
}

pub(crate) fn is_path_word(word: &str) -> bool {
    static WORDS: Words = Lazy::new(|| PATH_WORDS.split(' ').map(str::to_owned).collect());
    WORDS.contains(word)
}

/// Stands for the media type of a body whose type is not known.
pub(super) const UNTYPED_BODY: &str = "body";

const FIXED_TEXTS: &[&str] = &[
    text::UNAUTHORIZED,
    text::NO_ELEMENT,
    text::NO_INSTANCE,
    text::NO_INSTANCES,
    text::MASK,
    "*",
    "none",
    "true",
    "false",
];

/// Names that requests and responses have by the vocabulary.
const NAMES: &[&str] = &[
    member::ID,
    member::KEY,
    member::NAME,
    member::TAGS,
    member::TOKEN,
    member::ELEMENT,
    Dialect::YourMom.noun(),
    member::CONFIGURATION,
    member::PROVIDER_DATA,
    member::HUB,
    member::CREATED_DATE,
    member::UPDATED_DATE,
    member::USER,
    member::EMAIL_ADDRESS,
    member::FIRST_NAME,
    member::LAST_NAME,
    member::EVENTS_ENABLED,
    member::TRACE_LOGGING_ENABLED,
    member::EXTERNAL_AUTHENTICATION,
    member::REQUEST_ID,
    member::MESSAGE,
    member::TYPE,
    member::REQUIRED,
    member::DEFAULT_VALUE,
    query::TAGS,
    query::SEARCH_TEXT,
    query::PAGE_SIZE,
    query::NEXT_PAGE,
    query::HYDRATE,
];

/// Literal path segments; a test holds them against the route table, which stands below this module.
const PATH_WORDS: &str = "\
     api-v2 elements your_moms instances keys \
     configuration enabled count metadata hubs docs definitions authentication secrets oauth url default token authorize \
     objects resources transformations trace-logging settings events analytics accounts dispositions \
     event-poller-records usage times statuses activity element-instances formula-instances created-count jsp";

/// The words of the format and of placeholders.
const FORMAT_WORDS: &str = "\
     redacted- example.com request response method path query headers status base64 localhost 127.0.0.1";

/// Headers whose names are kept; their values are judged like any other.
const KEPT_HEADERS: &str = "\
     accept access-control-allow-credentials access-control-allow-headers access-control-allow-methods \
     access-control-allow-origin access-control-expose-headers access-control-max-age \
     access-control-request-headers access-control-request-method allow authorization cache-control \
     content-disposition content-language content-type elements-error elements-next-page-token \
     elements-request-id elements-returned-count elements-total-count elements-trace-id etag expires if-match \
     if-modified-since if-none-match last-modified link location mock-ce-because origin pragma retry-after \
     vary www-authenticate";

const LIST_HEADERS: &str = "\
     accept allow cache-control content-disposition content-language content-type elements-returned-count \
     elements-total-count mock-ce-because pragma retry-after vary www-authenticate";

/// Methods, and words of media types, of caching and of the other headers that are lists of words; in lower case.
const HEADER_WORDS: &str = "\
     delete get head options patch post put * application attachment audio basic bearer boundary charset credentials css csv digest filename font \
     form-data gif grade graphql gzip hal+json html image inline iso-8859-1 javascript jpeg json markdown \
     max-age mixed multipart must-revalidate no-cache no-store octet-stream pdf plain png private problem+json \
     proxy-revalidate public q realm s-maxage svg+xml text true us-ascii utf-8 video vnd.api+json x-ndjson \
     x-requested-with x-www-form-urlencoded x-yaml xhtml+xml xml yaml zip accept-encoding accept-language \
     user-agent";

/// English that error messages are made of, beside the words of the rules and of the catalog.
const MESSAGE_WORDS: &str = "a about above after again all allowed already also an and another any are array as at available bad be because \
     been before below beside between blank body boolean both but by bytes call cannot character check column \
     configuration could create created delete did differ disabled do does each either else empty enabled end error \
     exceeds exist exists expected failed failure field fields first for forbidden found from given has have header \
     here if in instead integer internal into invalid is it its item json key kind known last length limit line long \
     malformed mean member members message method missing more must name names near need needed neither new no none \
     nor not nothing null number object of off on one only or other others out over page parameter path payload \
     permission please provide provided provision query read reached record request required resource response retry same see \
     send sent server service set should size some something spells start string such supported text than that the \
     their them then there these they this those timed timeout to too try twice two type types unauthorized unexpected \
     unknown unsupported until up update updated use used user valid value values was were what when where which while \
     who will with within without wrong you your excludes served several noun pair word spelled quote";
