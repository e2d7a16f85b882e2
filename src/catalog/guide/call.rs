//! The API call that a passage of a guide speaks of.

/// A verb and a path, as far as the guide has said them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) verb: Option<&'static str>,
    /// Below the base path and without a hub: `/instances`, `/messages/{id}`.
    pub(super) path: Option<String>,
}

/// The surroundings of a line; code says more precisely what is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Prose,
    Code,
}

const VERBS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Call {
    /// Takes over what a line says. A path in passing counts only if it is one of provisioning.
    pub(super) fn mention(&mut self, line: &str, place: Place) {
        let verb = words(line).find_map(|word| VERBS.into_iter().find(|verb| *verb == word));
        let lower = line.to_ascii_lowercase();
        let speaks_of = |word: &str| lower.contains(word);
        let is_explicit =
            place == Place::Code || verb.is_some() || speaks_of("url") || speaks_of("path");
        let path = words(line)
            .filter_map(path)
            .find(|path| is_explicit || is_provisioning(path));
        match path {
            Some(path) => {
                let is_same = self.path.as_ref().is_none_or(|own| *own == path);
                self.verb = verb.or(self.verb.filter(|_| is_same));
                self.path = Some(path);
            }
            None if verb.is_some()
                && (place == Place::Code || speaks_of("verb") || speaks_of("method")) =>
            {
                *self = Call { verb, path: None };
            }
            None => {}
        }
    }

    /// Tells whether this may be the call that creates an instance.
    pub(super) fn creates_an_instance(&self) -> bool {
        let is_creation = self.path.as_deref().is_none_or(|path| {
            let parts: Vec<_> = path.split('/').skip(1).collect();
            matches!(parts[..], ["instances"] | ["elements", _, "instances"])
        });
        is_creation && matches!(self.verb, None | Some("POST"))
    }

    /// The verb and the path, if the call is to a resource of an instance.
    pub(super) fn resource(&self) -> Option<(&'static str, &str)> {
        let path = self.path.as_deref()?;
        let first = path.split('/').nth(1)?;
        let is_own = !["instances", "elements", "authentication"].contains(&first)
            && !path.contains("/oauth/");
        Some((self.verb?, path)).filter(|_| is_own)
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.as_deref().unwrap_or("another path");
        write!(f, "{} {path}", self.verb.unwrap_or("a call of"))
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    let marks = [
        '`', '\'', '"', '*', '_', ',', ';', ':', '.', '(', ')', '|', '\\',
    ];
    line.split_whitespace()
        .map(move |word| word.trim_matches(marks))
}

fn is_provisioning(path: &str) -> bool {
    path.ends_with("/instances") || path.starts_with("/instances/") || path.contains("/oauth/")
}

/// The path of a word that is one, or of an address of the API.
fn path(word: &str) -> Option<String> {
    let path = match word.find("api-v2/") {
        Some(base) => &word[base + "api-v2".len()..],
        None => word,
    };
    let path = path
        .split(['?', '#', '\'', '"', '`'])
        .next()?
        .trim_end_matches('/');
    let path = match path.strip_prefix("/hubs/") {
        Some(below) => &below[below.find('/')?..],
        None => path,
    };
    let is_path = path.strip_prefix('/').is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_alphabetic())
            && rest
                .chars()
                .all(|mark| mark.is_ascii_alphanumeric() || "/_-.{}:<>".contains(mark))
    });
    is_path.then(|| path.replace("your_mom", "element"))
}
