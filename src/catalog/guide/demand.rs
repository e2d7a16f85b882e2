//! Which configuration entries a guide's requests demand.

use std::collections::HashSet;

use super::role::Payload;
use super::statement::Request;
use super::tree::Member;

/// One configuration entry and the line it was first seen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) key: String,
    pub(super) required: bool,
    pub(super) line: usize,
}

/// The entries of all requests, those of the minimum payload first.
///
/// Required is what every minimum payload has; where no request is called minimum, what every request has.
pub(super) fn demands(requests: &[Request]) -> Vec<Demand> {
    let (minimum, others): (Vec<_>, Vec<_>) = requests
        .iter()
        .partition(|request| request.payload == Payload::Minimum);
    let base = if minimum.is_empty() {
        &others
    } else {
        &minimum
    };
    let base: Vec<HashSet<&str>> = base.iter().map(|request| keys(request)).collect();
    let mut seen = HashSet::new();
    minimum
        .iter()
        .chain(&others)
        .flat_map(|request| entries(request))
        .filter(|entry| seen.insert(entry.name.as_str()))
        .map(|entry| Demand {
            key: entry.name.clone(),
            required: base.iter().all(|keys| keys.contains(entry.name.as_str())),
            line: entry.line,
        })
        .collect()
}

fn entries(request: &Request) -> &[Member] {
    let configuration = request.body.get("configuration");
    configuration.map_or(&[], |node| node.members())
}

fn keys(request: &Request) -> HashSet<&str> {
    entries(request)
        .iter()
        .map(|entry| entry.name.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::guide::repair;
    use rstest::rstest;

    fn request(payload: Payload, keys: &str) -> Request {
        let entries: Vec<_> = keys.chars().map(|key| format!("\"{key}\": \"\"")).collect();
        let text = format!("{{\"configuration\": {{{}}}}}", entries.join(","));
        Request {
            line: 1,
            title: String::new(),
            payload,
            body: repair::read(&text, 1).unwrap().node,
        }
    }

    #[rstest]
    #[case::one(&[(Payload::Other, "ba")], "ba", "")]
    #[case::minimum_and_extended(&[(Payload::Minimum, "ba"), (Payload::Other, "abc")], "ba", "c")]
    #[case::minimum_comes_first(&[(Payload::Other, "cab"), (Payload::Minimum, "ba")], "ba", "c")]
    #[case::variants(&[(Payload::Other, "ab"), (Payload::Other, "cb")], "b", "ac")]
    #[case::two_minima(&[(Payload::Minimum, "ab"), (Payload::Minimum, "bc")], "b", "ac")]
    #[case::a_variant_without_any(&[(Payload::Other, "a"), (Payload::Other, "")], "", "a")]
    fn required_is_what_every_minimum_has(
        #[case] requests: &[(Payload, &str)],
        #[case] required: &str,
        #[case] optional: &str,
    ) {
        let requests: Vec<_> = requests
            .iter()
            .map(|(payload, keys)| request(*payload, keys))
            .collect();
        let demands = demands(&requests);
        let with = |wanted: bool| -> String {
            let chosen = demands.iter().filter(|demand| demand.required == wanted);
            chosen.map(|demand| demand.key.as_str()).collect()
        };
        assert_eq!(
            (with(true).as_str(), with(false).as_str()),
            (required, optional)
        );
    }
}
