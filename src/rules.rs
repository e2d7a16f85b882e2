//! The rules: what the emulated service does, how well each behaviour is evidenced, and where the evidence is.
//!
//! Every answer names one of these. The table is the only place where a rule's grade and statement stand; the
//! documentation's table and `mock-ce rules` are made from it.

use std::fmt;
use std::str::FromStr;

/// The evidence for a behaviour, by its strength; a later grade is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Published nowhere; our choice, open to correction by a recording.
    Assumed,
    /// Seen only in public client code.
    Client,
    /// Stated in the vendor's other public documentation, or asserted by the vendor's public API test suite.
    Vendor,
    /// Stated in one of the "Create Instance" guides.
    Guide,
    /// Ordered by the test itself.
    Scripted,
    /// Seen in a recording of the real service.
    Recorded,
}

impl Grade {
    /// All grades, the weakest first.
    pub const ALL: [Grade; 6] = [
        Grade::Assumed,
        Grade::Client,
        Grade::Vendor,
        Grade::Guide,
        Grade::Scripted,
        Grade::Recorded,
    ];

    /// The grade as replies and tables spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Assumed => "assumed",
            Grade::Client => "client",
            Grade::Vendor => "vendor",
            Grade::Guide => "guide",
            Grade::Scripted => "scripted",
            Grade::Recorded => "recorded",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Grade {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Grade::ALL.into_iter().find(|grade| grade.name() == text);
        known
            .ok_or_else(|| format!("{text:?} is not a grade; use assumed, client, vendor or guide"))
    }
}

/// One behaviour of the emulated service.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in replies and tables: `"configuration-missing"`.
    pub id: &'static str,
    /// The strength of the evidence.
    pub grade: Grade,
    /// The behaviour, as a sentence.
    pub statement: &'static str,
    /// The place of the evidence.
    pub source: &'static str,
    /// The value of the header `mock-ce-because`.
    pub(crate) because: &'static str,
}

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

macro_rules! grade {
    (guide) => {
        Grade::Guide
    };
    (vendor) => {
        Grade::Vendor
    };
    (client) => {
        Grade::Client
    };
    (assumed) => {
        Grade::Assumed
    };
    (scripted) => {
        Grade::Scripted
    };
    (recorded) => {
        Grade::Recorded
    };
}

macro_rules! rules {
    ($($name:ident $id:literal $grade:ident $source:literal $statement:literal)*) => {
        $(
            #[doc = $statement]
            pub static $name: Rule = Rule {
                id: $id,
                grade: grade!($grade),
                statement: $statement,
                source: $source,
                because: concat!($id, "; grade=", stringify!($grade)),
            };
        )*

        /// Every rule, in the order of the contract.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    BASE_PATH "base-path" guide "all guides: Request URL and curl command"
        "The API is mounted at `/elements/api-v2`; the guides' resource URLs are relative to it."
    DIALECT "dialect" guide "the three guides that print `your_mom`"
        "Each path answers in its own spelling of the noun; a body in the other spelling lacks its key, and the message names the spelling expected."
    TRAILING_SLASH "trailing-slash" client "public client code"
        "A slash at the end of a path changes nothing."
    UNKNOWN_ROUTE "unknown-route" assumed "none"
        "An unknown path is 404; the message names method, path and the nearest route."

    AUTH_GRAMMAR "auth-grammar" vendor "vendor documentation of the Authorization header; colon: public client code"
        "`Authorization` holds comma-separated pairs of a word (`User`, `Organization`, `Element`) and an opaque secret, in any order."
    AUTH_REQUIRED "auth-required" vendor "vendor documentation and public API test suite"
        "Instances need `User` and `Organization`; calls by token need `User` and `Element`; otherwise 401."
    CATALOG_OPEN "catalog-open" vendor "vendor's public API test suite"
        "Reading the catalog needs no credentials, and those that are sent are not judged."
    ANY_CREDENTIALS "any-credentials" assumed "none"
        "Every secret that is not empty is accepted, unless the server was started with the only ones it accepts."
    CREDENTIAL_NAMESPACE "credential-namespace" assumed "none"
        "State is partitioned by organization secret: callers with different secrets never see each other's instances, and each counts its ids from the first."

    ELEMENT_LIST "element-list" vendor "vendor documentation of `GET /elements` and `GET /elements/keys`"
        "`GET /elements` is the array of elements, `GET /elements/keys` the array of their keys."
    ELEMENT_GET "element-get" vendor "vendor documentation of `GET /elements/{keyOrId}`; names and types of entries are derived from their keys"
        "`GET /elements/{keyOrId}` is the element as the guide shows it plus its `configuration`; an unknown one is 404."
    ELEMENT_DOCUMENTED "element-documented" guide "the documented responses of the five guides"
        "Elements 6, 84 and 7 have every member and text of the guides, broken JSON read as the text it means."

    CREATE "create" guide "all guides: Step 1 and the successful response"
        "`POST /instances` is 200 with the documented response, the request's `name`, and a fresh `id` and `token`."
    CREATE_BY_ELEMENT "create-by-element" vendor "vendor documentation of `POST /elements/{keyOrId}/instances`"
        "`POST /elements/{keyOrId}/instances` creates without `element` in the body; one that is sent must agree with the path."
    INSTANCE_ID "instance-id" guide "all guides: the successful response"
        "Ids are integers from 1234, each one higher than the last."
    INSTANCE_TOKEN "instance-token" guide "all guides: the successful response"
        "A token is base64 text that ends in `=`, derived from the seed and never reused."
    ELEMENT_KEY_MISSING "element-key-missing" assumed "none"
        "A creation without `element.key` or `element.id` is 400."
    ELEMENT_UNKNOWN "element-unknown" assumed "none"
        "A creation for an element that the catalog does not have is 404, naming the nearest known one."
    CONFIGURATION_MISSING "configuration-missing" guide "all guides: \"an error will result notifying her of which entries she is missing\"; the status is assumed"
        "Absent required entries are 400 with one message that names every one of them, in catalog order."
    CONFIGURATION_MISSING_SAMPLE "configuration-missing-sample" assumed "a sample request of an imported guide, and nothing else"
        "Absent entries of an imported element are 400, too, where only their presence in a sample says that they are required."
    CONFIGURATION_BLANK "configuration-blank" assumed "none"
        "`null` and blank text count as absent; an entry with a default is never missing."
    CONFIGURATION_REQUIRED "configuration-required" guide "the guides' minimum payloads"
        "Required are the entries of the guide's minimum payload, no others."
    CONFIGURATION_EXTRA "configuration-extra" vendor "vendor documentation of event and response settings"
        "Entries that the catalog does not know are accepted and kept."
    MEMBER_TYPES "member-types" assumed "none"
        "A member of the wrong JSON type is 400; the message names the path of each."
    NAME_REQUIRED "name-required" guide "the guides' minimum payloads; `tags` optional: vendor documentation"
        "`name` is required and not blank; `tags` is optional."
    NAME_DUPLICATES "name-duplicates" vendor "vendor's public API test suite"
        "Two instances may have the same name."
    OAUTH_NOT_IMPLIED "oauth-not-implied" vendor "vendor documentation of provisioning"
        "`typeOauth` does not make `providerData` required; `providerData` is accepted and never shown."
    PLACEHOLDERS "placeholders" guide "the guides' sample requests"
        "The guides' placeholder values are ordinary values."

    INSTANCE_LIST "instance-list" vendor "vendor documentation of `GET /instances`"
        "`GET /instances` is the caller's whole list, oldest first, filtered by `tags[]` and `searchText`, paged by `pageSize` and `nextPage`."
    EMPTY_LIST "empty-list" vendor "vendor's public API test suite"
        "An empty list is 404 `No instances found`, or `200 []` when the server was started so."
    INSTANCE_GET "instance-get" vendor "vendor documentation of `GET /instances/{id}`; the 400 is assumed"
        "`GET /instances/{id}` is the instance; an unknown id is 404, one that is no integer 400."
    INSTANCE_REPLACE "instance-replace" vendor "vendor documentation of `PUT /instances/{id}`"
        "`PUT` replaces name and tags and sets the configuration entries sent; what it sends is checked like a creation."
    INSTANCE_PATCH "instance-patch" vendor "vendor's public API test suite"
        "`PATCH` is like `PUT`; `id` must agree, and `element` moves the instance to another element."
    INSTANCE_DELETE "instance-delete" vendor "vendor documentation of `DELETE /instances/{id}`"
        "`DELETE` is 200 with an empty body."
    BY_TOKEN "by-token" vendor "vendor documentation of `PUT`, `PATCH` and `DELETE /instances`"
        "Without an id they act on the instance of the `Element` token in the header."
    DEAD_TOKEN "dead-token" vendor "vendor's public API test suite"
        "The token of a deleted or unknown instance is 401."
    BY_ELEMENT "by-element" vendor "vendor documentation of `/elements/{keyOrId}/instances`"
        "Below an element the same calls see that element's instances only."
    NAME_SANITIZED "name-sanitized" vendor "vendor's public API test suite"
        "HTML tags are stripped from `name` and `tags`; the guides' placeholders are not tags."
    PLATFORM_SHAPE "platform-shape" vendor "vendor documentation of the instance object"
        "On demand instances are shown in the platform's later shape, with passwords masked; the documented shape is the default and exact."

    ERROR_BODY "error-body" vendor "vendor's public API test suite"
        "Errors are objects with `requestId` and `message`."
    REQUEST_ID "request-id" vendor "vendor's public API test suite"
        "Every reply carries `elements-request-id`; an error's `requestId` is the same."
    JSON_MALFORMED "json-malformed" assumed "none"
        "A body that is not JSON is 400 with line, column and what was found there."
    CURLY_QUOTES "curly-quotes" guide "all guides: the closing note"
        "Where the text that fails to parse has a curly quote, the message says where, and what to type instead."
    CONTENT_TYPE "content-type" vendor "vendor's public API test suite"
        "A body whose `Content-Type` is not JSON is 415."
    ACCEPT "accept" vendor "vendor's public API test suite"
        "An `Accept` that excludes JSON is 406."
    METHOD "method" vendor "vendor's public API test suite; `HEAD` is assumed"
        "A known path with another verb is 405 with `Allow`; `HEAD` answers as `GET` without the body."
    TOO_LARGE "too-large" vendor "vendor documentation of limits"
        "A body over the limit (8 MB) is 429, and the connection is closed."
    HTTP_MALFORMED "http-malformed" assumed "none"
        "What is no HTTP/1.1 request is 400, a head over the limits 431, both in the error shape; the connection is closed."
    CORS "cors" vendor "vendor's public API test suite"
        "With an `Origin`, replies allow it and expose the API's headers; a preflight is answered."
    SCRIPTED "scripted" scripted "the test"
        "A scripted fault or answer comes where the test ordered it."
    RECORDED "recorded" recorded "the cassette"
        "A request that a cassette has is answered as the real service answered it."
    NOT_RECORDED "not-recorded" assumed "none"
        "A request that the cassette does not have is 501 with the nearest recorded ones, unless the emulator answers the rest."
    UPSTREAM_FAILED "upstream-failed" assumed "none"
        "A recorder that gets no answer from its upstream answers 502 in the error shape, and keeps it out of the cassette."
    CONTROL "control" scripted "the test"
        "Below `/__admin` a test steers the mock; only from loopback, never for a foreign page."
    INTERNAL "internal" assumed "none"
        "Whatever goes wrong inside is 500 in the same shape, and the next request is served."
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_distinct_and_found() {
        let ids: HashSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        assert_eq!(find("dead-token"), Some(&DEAD_TOKEN));
    }

    #[test]
    fn the_header_says_id_and_grade() {
        for rule in RULES {
            assert_eq!(rule.because, format!("{}; grade={}", rule.id, rule.grade));
        }
    }

    #[test]
    fn grades_are_ordered_and_read_as_they_are_written() {
        assert!(Grade::ALL.is_sorted());
        for grade in Grade::ALL {
            assert_eq!(grade.name().parse(), Ok(grade));
        }
    }
}
