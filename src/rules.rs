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

    EVENT_CONFIG "event-config" vendor "vendor documentation of event settings"
        "Every element takes the `event.*` entries of webhooks and polling."
    EVENT_CONFIG_OBJECT "event-config-object" vendor "vendor documentation of pollers; that it is kept as JSON text is assumed"
        "`event.poller.configuration` may be a JSON object; it is kept as JSON text."
    EVENT_CONFIG_LATE "event-config-late" vendor "vendor documentation of event settings"
        "An update may set or change these entries; the next event uses the new values."
    EVENT_ENABLED_SHOWN "event-enabled-shown" vendor "vendor documentation of the instance object; the callback's address in the later shape is assumed"
        "`eventsEnabled` follows `event.notification.enabled`; the platform's shape also has `eventsNotificationCallbackUrl` when set."
    EVENT_TYPE_ABSENT "event-type-absent" vendor "vendor documentation and public API test suite"
        "Webhooks come in for an instance with or without `event.vendor.type`, whatever it says."
    EVENT_CONFIG_BAD "event-config-bad" assumed "none"
        "Creation does not judge event settings; a callback that cannot be called fails when it is called."
    EVENT_IN "event-in" vendor "vendor documentation of webhooks; the body `{}` is assumed"
        "`POST` and `GET /events/{keyOrId}` take a provider's message of any type without credentials and answer 200 before anything is sent on."
    EVENT_IN_KEY "event-in-key" vendor "vendor's public API test suite; the 404 is assumed"
        "`{key}Polling` stands for `{key}` and what polling found; an unknown key is 404."
    EVENT_MATCH "event-match" vendor "vendor documentation of webhooks; the order is assumed"
        "The instance is named by the path in base64, by the headers `Element-Instances` or `Id`, by the body's `instance_id`, by the instance finder, or by the element's own field, in this order."
    EVENT_MATCH_REST "event-match-rest" assumed "none"
        "Without a name every instance of the element with events enabled is meant; a name that fits none makes no event and is 200; bad base64 is 404."
    EVENT_PARTITION "event-partition" assumed "none"
        "With an `Organization` only its instances are searched, without one all."
    EVENT_STORE "event-store" vendor "vendor documentation of events"
        "Each message is one event for each instance it is for, and no message is taken for another's repetition."
    EVENT_DELIVER "event-deliver" vendor "vendor documentation of webhooks; any 2xx: assumed"
        "One `POST` a notification goes to the callback, with `Elements-Webhook-Id`, and a signature where the instance has a key."
    EVENT_SIGNATURE "event-signature" vendor "vendor documentation of webhook signatures"
        "The signature is `sha256=` and the base64 of HMAC-SHA256 over the bytes of the body, by the key at the time of sending."
    EVENT_BODY "event-body" vendor "vendor's public API test suite; members but `eventId` and `raw` are assumed"
        "The body is an object `message` with `eventId`, `elementKey`, `instance_id`, `events` and the provider's body as `raw`."
    EVENT_OBJECTS "event-objects" vendor "vendor documentation of events; how they are found in `raw` is assumed"
        "`events` has at most 20 entries, 10 of a poll; more are split over several notifications, each with the whole `raw`."
    EVENT_BODY_GUIDE "event-body-guide" vendor "vendor's event guide"
        "On demand the body is the guide's older one, without `message`."
    EVENT_FIRST_ATTEMPT "event-first-attempt" assumed "none"
        "The first attempt follows 250 ms after the message, by the machine's clock."
    EVENT_RETRY "event-retry" vendor "vendor documentation of webhooks; the time limit of 10 s is assumed"
        "An answer other than 2xx, or none, is retried up to 9 times, retry x at 4^x seconds after the first failure by the mock's clock; a 2xx ends it."
    EVENT_RETRY_END "event-retry-end" vendor "vendor documentation of webhooks"
        "After the last retry the callback is off, and later events wait; another callback is not affected."
    EVENT_CALLBACK_REACH "event-callback-reach" assumed "none"
        "Callbacks elsewhere than on this machine are called only on demand, redirects are not followed, and a webhook to the mock itself makes no event."
    EVENT_LIST "event-list" vendor "vendor documentation of events; order, range and the 404 are assumed"
        "`GET /instances/events` and `/instances/{id}/events` list events, newest first; none is 404 `No events found`."
    EVENT_GET "event-get" vendor "vendor documentation of events; the 404's text is assumed"
        "`GET /instances/events/{eventId}` is one event; an unknown one, or another instance's, is 404."
    EVENT_SHAPE "event-shape" vendor "vendor documentation of events"
        "An event has `id`, `eventDate`, `status`, `providerData`, and what was sent in `notifiedData` and `eventElementInstances`."
    EVENT_STATUS "event-status" vendor "vendor's public API test suite; all but `NOTIFIED` is assumed"
        "The status is `NOTIFIED` when the callback took all, `DISPATCHED` once it was tried, `RECEIVED` before, `CONSUMED` without a callback."
    EVENT_POLLER_RECORDS "event-poller-records" vendor "vendor's public API test suite; the members are assumed"
        "`GET /instances/event-poller-records` has a row for each name in `event.objects`."
    ANALYTICS_QUERY "analytics-query" vendor "vendor documentation of event analytics; the defaults are assumed"
        "Event analytics take `from`, `to`, `interval` and `accountIds[]`; without them the last seven days, and an interval that fits."
    ANALYTICS_BUCKETS "analytics-buckets" vendor "vendor's public API test suite"
        "A bucket for each interval from the one with `from` to the one with `to`, both included, oldest first, empty ones too."
    ANALYTICS_ALL "analytics-all" vendor "vendor's public API test suite"
        "An event counts once, in the bucket of its date, whether or not it was delivered."
    ANALYTICS_INSTANCES "analytics-instances" vendor "vendor's public API test suite; `total` is the sum: assumed"
        "By instance each bucket has records with `count`, `success` and `failed`."
    ANALYTICS_ACCOUNTS "analytics-accounts" vendor "vendor's public API test suite; what succeeds and fails is assumed"
        "By account the same, with `accountId`."
    ANALYTICS_BAD_RANGE "analytics-bad-range" vendor "vendor's public API test suite; the unreadable date is assumed"
        "`from` after `to`, or no date, is 400."
    ANALYTICS_BAD_INTERVAL "analytics-bad-interval" vendor "vendor's public API test suite; the limit is assumed"
        "An unknown interval is 400, and so is one that makes more than 10,000 buckets."
    ANALYTICS_FOREIGN_ACCOUNT "analytics-foreign-account" vendor "vendor's public API test suite; the caller's account 1 and the 400 are assumed"
        "An account that is not the caller's is 403, one that is no integer 400."
    ANALYTICS_ERRORS "analytics-errors" vendor "vendor's public API test suite; texts and order are assumed"
        "Refusals are decided in this order: credentials, account, dates, interval."
    DISPOSITIONS "dispositions" vendor "vendor's public API test suite; `[]` is assumed"
        "`GET /instances/events/dispositions` says of each event what failed in delivering it."

    USAGE_WRITTEN "usage-written" vendor "vendor documentation of usage; that only resources count is assumed"
        "Each call of an instance's resources by its token is a row, failed ones too; calls of the platform are none."
    USAGE_ROW "usage-row" vendor "vendor's public API test suite"
        "A row says who called what when, how it ended, and the call's `elements-request-id`."
    USAGE_LIST "usage-list" vendor "vendor documentation of `GET /usage`"
        "`GET /usage` is the rows, newest first, of the last seven days, filtered by `hub`, `keys[]`, `tags[]`, `status`, `from`, `to` and `searchText`."
    USAGE_SEARCH "usage-search" assumed "none"
        "`searchText` is looked for in the values and names of a row, whatever their case, without `_`."
    USAGE_PAGE "usage-page" vendor "vendor documentation of `GET /usage`; the page past the end is assumed"
        "The token of the next page is there while rows remain; a page past the end is `[]`."
    USAGE_EMPTY "usage-empty" vendor "vendor's public API test suite; the text is assumed"
        "What matches no row is 404 `No usage found`."
    USAGE_GET "usage-get" vendor "vendor documentation of `GET /usage/{id}`; the 404's text is assumed"
        "`GET /usage/{id}` is one row, by its `traffic_id` or its call's request id."
    USAGE_TIMES "usage-times" vendor "vendor's public API test suite"
        "`GET /usage/analytics/times` has buckets with `count`, and with `min`, `max` and `avg` where there are calls."
    USAGE_STATUSES "usage-statuses" vendor "vendor's public API test suite"
        "`GET /usage/analytics/statuses` has buckets with `count`, `success` and `failed`."
    USAGE_ANALYTICS_RANGE "usage-analytics-range" vendor "vendor's public API test suite; zero buckets of a past range are assumed"
        "`from` and `to` are required; a range in the future is 404, a past one without calls has zero buckets."
    USAGE_ACTIVITY "usage-activity" vendor "vendor's public API test suite; the rows are assumed"
        "Activity is counted in buckets, by element, by instance, and by instances created."
    JSP_FRAME "jsp-frame" vendor "vendor's public API test suite; value and page are assumed"
        "The login pages below `/elements/jsp` say `x-frame-options`."
    NO_FRAME "no-frame" vendor "vendor's public API test suite"
        "Nothing else says `x-frame-options`."
    CORS_EXPOSED "cors-exposed" vendor "vendor's public API test suite"
        "With any `Origin`, even one that is no URL, the catalog exposes exactly the documented headers."

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
