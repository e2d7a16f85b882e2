//! The rules: what the emulated service does, how well each behaviour is evidenced, and where the evidence is.
//!
//! Every answer names one of these. The table is the only place where a rule's grade and statement stand; the README's
//! table and `mock-ce rules` are made from it.

use std::fmt;
use std::str::FromStr;

/// How well a behaviour is evidenced; a later one is stronger.
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
    /// What replies and tables call it: `"configuration-missing"`.
    pub id: &'static str,
    /// How well it is evidenced.
    pub grade: Grade,
    /// What must hold.
    pub statement: &'static str,
    /// Where the evidence is.
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

    HUB_IGNORED "hub-ignored" vendor "vendor's public API test suite"
        "A resource call is the same below any hub, right, wrong or invented, and bare."
    CATALOG_UNDER_HUBS "catalog-under-hubs" vendor "vendor documentation of hubs"
        "Below `/hubs` only the list, `keys`, one hub and its `elements` are the catalog's; all else is a resource call."
    BARE_PATHS "bare-paths" vendor "vendor's public API test suite"
        "A bare path is a resource call only with an `Element` word, and never when it begins with a word of the platform."
    HUB_CALL_401 "hub-call-401" vendor "vendor's public API test suite"
        "A resource call without `Element`, or with a dead token, is 401 before the resource is judged."
    INSTANCE_ID_HEADER "instance-id-header" vendor "vendor's public API test suite; on errors: assumed"
        "Every answer to a resource call under a living token carries `elements-element-instance-id`."
    RESOURCE_UNSUPPORTED "resource-unsupported" vendor "a recorded answer in the issue tracker of the vendor's test suite"
        "A resource or verb that the element does not have is 400 `This API is not currently supported for this element`."
    PING "ping" vendor "vendor's public API test suite; `valid` of elements other than twiliov2: assumed"
        "`GET ping` is `dateTime`, the element's key as `endpoint`, and `valid`."
    MESSAGES_CREATE "messages-create" vendor "vendor's public API test suite and an old guide; numeric ids and twilio: assumed"
        "`POST messages` is what was sent plus an `id` and what the service sets; nothing is delivered, the outbox keeps it."
    MESSAGES_READ "messages-read" vendor "vendor's public API test suite; unknown ids and the list: assumed"
        "A message is there at once under its id; the list is oldest first."
    MESSAGING_USAGE "messaging-usage" vendor "vendor's public API test suite; the body is assumed"
        "`GET /hubs/{hub}/usage` counts the messages of each day; `days` limits it."
    RESOURCE_EXTEND "resource-extend" vendor "vendor's public API test suite; refusals are assumed"
        "`POST /elements/{keyOrId}/resources` adds a resource for the caller's organization, with an `id` and a `createdDate`."
    RESOURCE_EXTEND_LIST "resource-extend-list" vendor "vendor's public API test suite; 404 is assumed"
        "An element's resources are the catalog's plus the organization's own, or with `accountOnly=true` its own; no other organization sees them."
    RESOURCE_EXTEND_CALL "resource-extend-call" vendor "vendor's public API test suite; the body is assumed"
        "An added resource answers at once for every instance of the element, with rows as its name suggests."
    GENERIC_NAMES "generic-names" assumed "none"
        "An element that declares no resources has those of its hub, also below each other's rows."
    GENERIC_VERBS "generic-verbs" vendor "vendor's public API test suite; seeded rows and their ids: assumed"
        "Rows are per instance and are created, read, replaced, changed and deleted; an unknown id is 404."
    GENERIC_PAGING "generic-paging" vendor "vendor's public API test suite; limits and the 400: assumed"
        "`page` and `pageSize` cut the rows in order, `nextPage` continues them; what is past the end is an empty array."
    GENERIC_WHERE "generic-where" vendor "vendor documentation of CEQL; names without case and underscores: assumed"
        "`where` keeps the rows that fulfil the condition; one that cannot be read is 400 `Error parsing query`."
    NULLS_FILTER "nulls-filter" vendor "vendor documentation of `filter.response.nulls`; nested objects: assumed"
        "Reading rows leaves members out that are null, unless the instance's `filter.response.nulls` is `false`."
    OBJECTS "objects" vendor "vendor's public API test suite"
        "`GET objects` is the array of names, or of objects with `name`, `vendorName` and `type` for `Elements-Version: Helium`."
    OBJECTS_METADATA "objects-metadata" vendor "vendor's public API test suite"
        "`GET objects/{name}/metadata` is the `fields` with `vendorPath` and `type`; an unknown name is 404."
    TWILIOV2_ROWS "twiliov2-rows" vendor "vendor's public API test suite"
        "An element with the key `twiliov2` has messages, accounts, addresses, numbers, countryCodes and usage."
    DEFINITION_CREATE "definition-create" vendor "vendor's public API test suite; ids are assumed"
        "`POST …/objects/{name}/definitions` is the definition of the object with ids and levels."
    DEFINITION_READ "definition-read" vendor "vendor's public API test suite; texts are assumed"
        "A definition is read, replaced and deleted; one that is not there is 404."
    DEFINITION_ALL "definition-all" vendor "vendor's public API test suite"
        "`GET …/objects/definitions` is an object of all definitions by name; none is 404."
    DEFINITION_TWICE "definition-twice" vendor "vendor's public API test suite; the 400 is assumed"
        "Defining an object twice is 409, a bad body 400."
    DEFINITION_IN_USE "definition-in-use" assumed "the same of an organization's definitions: vendor's public API test suite"
        "A definition that has a transformation cannot be deleted: 409."
    DEFINITION_RENAME "definition-rename" vendor "vendor's public API test suite; the 409 is assumed"
        "`PATCH …/objects/{name}` gives definition and transformation another name."
    TRANSFORMATION_CREATE "transformation-create" vendor "vendor's public API test suite"
        "`POST …/transformations/{name}` is what was sent plus `objectName`, `level`, `startDate`, `isLegacy` and the fields' types."
    TRANSFORMATION_NEEDS_DEFINITION "transformation-needs-definition" vendor "a recorded answer of the vendor's test suite"
        "A transformation of an object that is not defined is 400."
    TRANSFORMATION_REST "transformation-rest" vendor "vendor's public API test suite; some 404s are assumed"
        "Transformations are read, replaced and deleted, one or all; one that is not there is 404, a second one 409."
    TRANSFORMATION_ROWS "transformation-rows" vendor "vendor's public API test suite"
        "While a transformation exists, rows of its name are those of `vendorName` with each `path` set."
    TRANSFORMATION_FIELD_CONFIG "transformation-field-config" vendor "vendor documentation of transformations"
        "A field that is removed or not passed through is absent; `[*]` maps the items of arrays."
    TRANSFORMATION_VENDOR_NAMES "transformation-vendor-names" assumed "none"
        "`vendorName` and `vendorPath` compare without case and plural `s`; what a row lacks is a fixed text; writes are mapped backwards."
    TRANSFORMATION_REMOVED "transformation-removed" vendor "vendor's public API test suite"
        "After a transformation is deleted rows read as before; deleting the instance forgets definitions and transformations."

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
