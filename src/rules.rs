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

    WORD_BEFORE_ID "word-before-id" vendor "vendor's public API test suite"
        "Below `/instances/` a literal word is a route and never an id."
    TOKEN_FORM "token-form" vendor "vendor documentation and public API test suite"
        "What an instance has is reached by its id with `User` and `Organization`, and without the id by its token."
    TOKEN_OTHER_ORGANIZATION "token-other-organization" assumed "none"
        "The token of one organization with the secret of another is 401; the token alone decides the organization."
    SUBJECT_UNKNOWN "subject-unknown" vendor "vendor's public API test suite; the 400 is assumed"
        "What belongs to an unknown instance is 404 as the instance is; an id that is no integer is 400."
    BODYLESS_VERBS "bodyless-verbs" vendor "vendor documentation; bodies that are ignored: public client code"
        "A `DELETE` answers with an empty body; on it and on enabling, whatever body is sent is ignored."
    DIALECT_NEW_ROUTES "dialect-new-routes" assumed "none"
        "In the other dialect the noun is translated in path words and whole member names only."

    INSTANCE_CONFIG_LIST "instance-config-list" vendor "vendor documentation of `GET /instances/{id}/configuration`"
        "`GET …/configuration` is the array of the instance's configuration entries, never empty."
    INSTANCE_CONFIG_ENTRY "instance-config-entry" vendor "vendor's public API test suite; what stands in where the catalog is silent is assumed"
        "An entry has `id`, `key`, `name`, `description`, `type`, `required`, `active`, `hideFromConsole` and `propertyValue`."
    INSTANCE_CONFIG_CONTENTS "instance-config-contents" vendor "vendor's public API test suite; the order is assumed"
        "Listed are the catalog's entries, set or not, then those that all elements have, then those that the caller added."
    INSTANCE_CONFIG_TEXT "instance-config-text" vendor "vendor's public API test suite"
        "`propertyValue` is text or null: booleans and numbers become text."
    INSTANCE_CONFIG_MASK "instance-config-mask" vendor "vendor's public API test suite"
        "Secrets are `********` in `propertyValue` and in the instance's `configuration` alike."
    INSTANCE_CONFIG_IDS "instance-config-ids" assumed "none"
        "An entry's id is a thousand times the instance's plus its position, for the life of the instance; no instance id is used up."
    INSTANCE_CONFIG_GET "instance-config-get" vendor "vendor documentation of `GET /instances/{id}/configuration/{configId}`; its refusals are assumed"
        "`GET …/configuration/{configId}` is one entry; another instance's or an unknown one is 404, no integer 400."
    INSTANCE_CONFIG_PATCH "instance-config-patch" vendor "vendor's public API test suite; that `id` and `key` must agree is assumed"
        "`PATCH …/configuration/{configId}` sets `propertyValue` and answers with the whole entry."
    INSTANCE_CONFIG_PATCH_BAD "instance-config-patch-bad" assumed "none"
        "`propertyValue` missing, an object, an array, or blank where one is required is 400; null elsewhere unsets."
    INSTANCE_CONFIG_EFFECT "instance-config-effect" vendor "vendor's public API test suite"
        "A change is seen at once in both forms and in the instance; `PATCH /instances` changes the same entries."
    MASK_WRITTEN_BACK "mask-written-back" assumed "none"
        "A value of `********` sent for a masked entry keeps the stored secret."

    INSTANCE_DISABLE "instance-disable" vendor "vendor documentation of `DELETE /instances/{id}/enabled`; the empty body is assumed"
        "`DELETE …/enabled` disables an instance, also one that is disabled."
    INSTANCE_ENABLE "instance-enable" vendor "vendor documentation of `PUT /instances/{id}/enabled`"
        "`PUT …/enabled` enables it again."
    DISABLED_403 "disabled-403" vendor "vendor's public API test suite; the text is assumed"
        "Every resource call of a disabled instance is 403 before the resource is judged, until it is enabled."
    DISABLED_STILL_SERVED "disabled-still-served" vendor "vendor's public API test suite; all but `GET /objects` is assumed"
        "The `/instances` routes of a disabled instance are served."
    DISABLED_MEMBER "disabled-member" assumed "none"
        "The instance's member `disabled` says whether it is; `valid` stays."

    TRACE_LOGGING "trace-logging" assumed "none"
        "`PUT` and `DELETE …/trace-logging` are accepted and change nothing."
    INSTANCE_COUNT "instance-count" vendor "vendor's public API test suite; the scope is assumed"
        "`GET /instances/count` is the number of the caller's instances, and that of each element with any."
    INSTANCE_COUNT_EMPTY "instance-count-empty" assumed "none"
        "Without instances the count is 0, not 404."

    TAGS_UNSET "tags-unset" vendor "vendor's public API test suite; that it follows a rename is assumed"
        "Until tags are sent, the instance's name stands for them."
    TAGS_SET "tags-set" vendor "vendor's public API test suite"
        "`tags` of an update replace the list; without them it stays."
    TAGS_CLEARED "tags-cleared" vendor "vendor's public API test suite; at creation assumed"
        "An empty list of tags stays empty, whatever is changed later."
    WHOLE_INSTANCE_BACK "whole-instance-back" vendor "vendor's public API test suite; that `id`, `token` and `element` must agree is assumed"
        "`PUT` takes an instance as `GET` gave it."
    REPROVISION "reprovision" vendor "vendor's public API test suite; which dates move is assumed"
        "An update with new configuration or `providerData` keeps id, token, tags and whether it is enabled; `providerData` is never shown."
    CONSECUTIVE_IDS "consecutive-ids" vendor "vendor's public API test suite"
        "Nothing but a creation takes a number from the ids of an organization's instances."

    LOGIN "login" vendor "vendor's public API test suite; its refusals are assumed"
        "`POST /authentication` with `username` and `password` is 200 with a token; any are good unless the server was started with the only ones it accepts."
    LOGIN_SECRETS "login-secrets" vendor "vendor's public API test suite; its refusals are assumed"
        "`GET /authentication/secrets` with that token as `Bearer` gives the secrets of user and organization."
    LOGIN_STABLE "login-stable" assumed "none"
        "The same user gets the same token and secrets, another user another organization; they do not expire and `Bearer` opens nothing else."

    ELEMENT_METADATA_ALL "element-metadata-all" vendor "vendor's public API test suite; paging is assumed"
        "`GET /elements/metadata` is the array of all elements' metadata, in catalog order."
    ELEMENT_METADATA "element-metadata" vendor "vendor's public API test suite; by key assumed"
        "`GET /elements/{keyOrId}/metadata` is one element's; an unknown one is 404, however large its id."
    ELEMENT_METADATA_REQUIRED "element-metadata-required" vendor "vendor's public API test suite; the fallbacks are assumed"
        "Metadata have `id`, `key`, `name`, `description` and `events`."
    ELEMENT_METADATA_EXPAND "element-metadata-expand" vendor "vendor's public API test suite"
        "`expand=true` adds image, flags, authentication, hub, discovery, bulk and resources."
    ELEMENT_METADATA_RESOURCE "element-metadata-resource" vendor "vendor's public API test suite"
        "A resource in it has its name, operations, and flags of events, bulk and custom fields."
    ELEMENT_METADATA_KNOWN "element-metadata-known" vendor "vendor's public API test suite; values of all other flags are assumed"
        "`netsuitecrm` has polling events, `dropbox` webhooks; of other elements nothing is known, and flags are false."

    ELEMENT_CONFIG "element-config" vendor "vendor's public API test suite; the shape of `authentication` is assumed"
        "`GET /elements/{keyOrId}/configuration` is an object of the element's `configuration` and `authentication`."
    ELEMENT_CONFIG_ENTRY "element-config-entry" vendor "vendor's public API test suite"
        "Its entries have `key`, `name` and `description`; `defaultValue` only where there is one."
    ELEMENT_WHERE "element-where" client "public client code"
        "`GET /elements?where=` lists only the elements that fulfil the condition."
    ELEMENT_WHERE_EXTENDED "element-where-extended" vendor "vendor's public API test suite; `private` is assumed"
        "Elements of the catalog are not private, and extended once the caller's organization added a resource."
    ELEMENT_WHERE_EMPTY "element-where-empty" vendor "vendor's public API test suite; the text is assumed"
        "A condition that no element fulfils is 404 `No elements found`, or `200 []` when the server was started so."
    ELEMENT_WHERE_BAD "element-where-bad" vendor "vendor's public API test suite, of resources; of elements assumed"
        "A condition that cannot be parsed is 400 `Error parsing query`, naming the place."
    ELEMENT_ABRIDGED "element-abridged" vendor "vendor's public API test suite; which members stay is assumed"
        "`abridged=true` leaves configuration, resources, parameters, objects, hooks and models out."

    HUB_LIST "hub-list" vendor "vendor documentation of `GET /hubs`; 23 ids and descriptions are assumed"
        "`GET /hubs` is the array of hubs, those that only an element names and the caller's own last."
    HUB_HYDRATE "hub-hydrate" vendor "vendor's public API test suite; the form of its paths is assumed"
        "`hydrate=true` adds the calls of each hub."
    HUB_KEYS "hub-keys" vendor "vendor documentation of `GET /hubs/keys`"
        "`GET /hubs/keys` is the array of their keys."
    HUB_GET "hub-get" vendor "vendor documentation of `GET /hubs/{key}`; the 404 is assumed"
        "`GET /hubs/{key}` is one hub; an unknown one is 404."
    HUB_ELEMENTS "hub-elements" vendor "vendor documentation of `GET /hubs/{key}/elements`; the 404 is assumed"
        "`GET /hubs/{key}/elements` are the elements of a hub, without their configuration; none is 404."
    HUB_CREATE "hub-create" vendor "vendor's public API test suite; its refusals and scope are assumed"
        "`POST /hubs` makes a hub that its organization sees; a missing member is 400, a taken key 409."
    HUB_DELETE "hub-delete" vendor "vendor's public API test suite; the 403 is assumed"
        "`DELETE /hubs/{key}` deletes a hub of one's own; the platform's stay, 403."

    OAUTH_KIND "oauth-kind" assumed "none"
        "An element uses OAuth where its fixture's `authentication` says so, never by `typeOauth`."
    OAUTH_URL "oauth-url" vendor "vendor documentation of `GET /elements/{keyOrId}/oauth/url`"
        "`GET …/oauth/url` with `apiKey`, `apiSecret` and `callbackUrl` is the element's key and the address of the consent page."
    OAUTH_URL_POST "oauth-url-post" vendor "vendor documentation of `POST /elements/{keyOrId}/oauth/url`"
        "`POST …/oauth/url` with the same names in a body is the same, without a state."
    OAUTH_URL_FORM "oauth-url-form" vendor "vendor documentation of `oauthUrl`; host and path are assumed"
        "The address has `response_type`, `client_id`, `redirect_uri`, `state` and `scope`, never the secret."
    OAUTH_URL_BAD "oauth-url-bad" assumed "none"
        "Missing names are 400 naming all, an element without OAuth is 400, an unknown one 404."
    OAUTH_URL_DEFAULT "oauth-url-default" client "public client code"
        "`GET …/oauth/url/default` needs no client of the caller's own, and also tells a secret."
    OAUTH_TOKEN "oauth-token" vendor "vendor documentation of `GET /elements/{keyOrId}/oauth/token`"
        "`GET …/oauth/token` is a request token of OAuth 1 and its secret; for another element it is 400."
    OAUTH1_URL "oauth1-url" vendor "vendor documentation of `requestToken`; the 400 is assumed"
        "For OAuth 1 the address has the request token, without which it is 400."
    CONSENT_REDIRECT "consent-redirect" assumed "none"
        "`GET` of the address redirects to the callback with `code` and `state`; a browser is asked first."
    CONSENT_DENIED "consent-denied" vendor "vendor documentation of the callback; the value is assumed"
        "`deny=true` and `error=…` redirect with `error` in the place of `code`."
    OAUTH_CREATE "oauth-create" vendor "vendor documentation of provisioning by OAuth; that any code is good is assumed"
        "An OAuth element is provisioned with any `providerData.code`, which is never shown."
    OAUTH_CODE_MISSING "oauth-code-missing" vendor "vendor's public API test suite"
        "Without one it is 400 `You must provide an OAuth code in order to create an instance of this element`."
    OAUTH_CODE_INSTEAD "oauth-code-instead" client "public client code"
        "A token in `providerData`, a verifier, or a refresh token with `externalAuthentication: initial` is as good."
    OAUTH_STRICT "oauth-strict" assumed "none"
        "Started so, the server takes only codes that it gave out for this element, once, within ten minutes."
    PROVIDER_DATA_ANY "provider-data-any" vendor "vendor's public API test suite; the 400 is assumed"
        "Members of `providerData` may be anything; only what is no object is 400."
    OAUTH_DEFAULTS "oauth-defaults" assumed "none"
        "An OAuth element's `oauth.api.key`, `oauth.api.secret` and `oauth.callback.url` are never missing."
    OAUTH_REAUTH "oauth-reauth" vendor "vendor documentation of `PUT /instances/{id}`"
        "An update with `providerData` authenticates anew, and without it asks for nothing."

    DOCS_INSTANCE "docs-instance" vendor "vendor documentation and public API test suite"
        "`GET …/docs` of an instance, by id or token, is one Swagger 2.0 document."
    DOCS_OPERATION "docs-operation" vendor "vendor's public API test suite; the extent is assumed"
        "`…/docs/{operationId}` is the same cut to one operation, in either spelling of its id."
    DOCS_DEFINITIONS "docs-definitions" vendor "vendor documentation; the shape is assumed"
        "`…/docs/{operationId}/definitions` is an object of the operation's definitions by name."
    DOCS_UNKNOWN "docs-unknown" assumed "none"
        "An operation or hub that is not known is 404 `No documentation found`."
    DOCS_HUB "docs-hub" vendor "vendor's public API test suite"
        "`GET /docs/{hub}` is the document of a hub, of an element by its key, or of `all`."
    DOCS_ELEMENT "docs-element" vendor "vendor documentation; by key assumed"
        "`GET /elements/{keyOrId}/docs` is the document of an element."
    DOCS_SHAPE "docs-shape" vendor "vendor's public API test suite"
        "A document has operations with parameters, `Authorization` first, and responses, and a definition of each resource."
    DOCS_BASE "docs-base" vendor "vendor's public API test suite; what is no http(s) address is assumed to be 400"
        "`baseUrl` is the address that a document describes; without it, the API's own."
    DOCS_PROVIDER "docs-provider" vendor "vendor's public API test suite"
        "`provider=aws` describes the gateway, whose operations demand `x-api-key` too."

    DOCS_OWN_OBJECTS "docs-own-objects" vendor "vendor's public API test suite; that they go when the mapping goes is assumed"
        "An instance's document also has the objects that it has defined and mapped, and the resources that its organization has added."

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
        "Defining an object twice is 409; a bad body, more than 1,000 fields or a path of more than 16 names 400."
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
    EVENT_OBJECTS "event-objects" vendor "vendor documentation of events; how they are found in `raw`, and the limit of 1,000, are assumed"
        "`events` has at most 20 entries, 10 of a poll; more are split over several notifications, each with the whole `raw`; a message with more than 1,000 is 400."
    EVENT_BODY_GUIDE "event-body-guide" vendor "vendor's event guide"
        "On demand the body is the guide's older one, without `message`."
    EVENT_FIRST_ATTEMPT "event-first-attempt" assumed "none"
        "The first attempt follows 250 ms after the message, by the machine's clock."
    EVENT_RETRY "event-retry" vendor "vendor documentation of webhooks; the time limit of 10 s is assumed"
        "An answer other than 2xx, or none, is retried up to 9 times, retry x at 4^x seconds after the first failure by the mock's clock; a 2xx ends it."
    EVENT_RETRY_END "event-retry-end" vendor "vendor documentation of webhooks; that the policy `queue` tries nothing again is assumed"
        "After the last retry, or after the first failure where the account's setting `notification.webhook.failure.policy` is `queue`, the callback is off, and later events wait; another callback is not affected."
    EVENT_REACTIVATE "event-reactivate" assumed "none"
        "A callback that is off is on again when an update of its instance sends `event.notification.callback.url` with its address, or `event.notification.enabled` as true; what waited for it is sent."
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
    EVENT_POLL "event-poll" assumed "none"
        "A row that is created or changed in an instance that polls is one event, which is sent at the next interval by the mock's clock."
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
        "A body that is not JSON, or is nested more than 104 levels deep, is 400 with line, column and what was found there."
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
        "What is no HTTP/1.1 request, or is cut short, is 400, a head over the limits 431, both in the error shape; the connection is closed."
    CORS "cors" vendor "vendor's public API test suite"
        "With an `Origin`, replies allow it and expose the API's headers; a preflight is answered."
    SCRIPTED "scripted" scripted "the test"
        "A scripted fault or answer comes where the test ordered it."
    STUB "stub" scripted "the test"
        "A stub answers the requests that it fits in the place of the service, the newest first; a preflight uses up no stub and no scripted fault."
    RECORDED "recorded" recorded "the cassette"
        "A request that a cassette has is answered as the real service answered it."
    NOT_RECORDED "not-recorded" assumed "none"
        "A request that the cassette does not have is 501 with the nearest recorded ones, unless the emulator answers the rest."
    UPSTREAM_FAILED "upstream-failed" assumed "none"
        "A recorder that must not ask its upstream, or gets no answer, answers 502 in the error shape, and keeps it out of the cassette."
    CONTROL "control" scripted "the test"
        "Below `/__admin` a test steers the mock; only from loopback, never for a foreign page."
    INTERCEPT "intercept" scripted "the test"
        "The proxy lets a client on this machine `CONNECT` to port 443 of an intercepted host and answers in its place; other hosts are 403, or passed on where the test says so."
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
