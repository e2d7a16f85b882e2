//! The route table, one row an endpoint: dispatch, `Allow`, near-miss hints, the OpenAPI document and the tables of the
//! documentation all come from here.

use http::Method;

use super::control;
use super::route::Access::{Open, Organization, OrganizationOrToken, Resource, Token};
use super::route::ParameterKind::{Boolean, Number, Texts};
use super::route::{Parameter, Payload, Route};
use super::service::{
    analytics, configuration, count, definitions, docs, elements, enabled, events, extensions,
    hubs, instances, jsp, login, metadata, oauth, receive, resources, settings, usage,
};
use crate::rules;

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Every endpoint of the API and of the control API.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    Route::api(GET, "/elements", Open, &rules::ELEMENT_LIST, elements::list, "all elements").with_query(ELEMENTS),
    Route::api(GET, "/elements/keys", Open, &rules::ELEMENT_LIST, elements::keys, "the keys of all elements"),
    Route::api(GET, "/elements/{keyOrId}", Open, &rules::ELEMENT_GET, elements::get, "one element with its configuration entries"),

    Route::api(POST, "/instances", Organization, &rules::CREATE, instances::create, "provision an instance"),
    Route::api(GET, "/instances", Organization, &rules::INSTANCE_LIST, instances::list, "the caller's instances").with_query(LISTING),
    Route::api(PUT, "/instances", Token, &rules::BY_TOKEN, instances::replace, "update the token's instance"),
    Route::api(PATCH, "/instances", Token, &rules::BY_TOKEN, instances::patch, "update the token's instance"),
    Route::api(DELETE, "/instances", Token, &rules::BY_TOKEN, instances::delete, "delete the token's instance"),
    Route::api(GET, "/instances/{id}", Organization, &rules::INSTANCE_GET, instances::get, "one instance"),
    Route::api(PUT, "/instances/{id}", Organization, &rules::INSTANCE_REPLACE, instances::replace, "update an instance"),
    Route::api(PATCH, "/instances/{id}", Organization, &rules::INSTANCE_PATCH, instances::patch, "update or move an instance"),
    Route::api(DELETE, "/instances/{id}", Organization, &rules::INSTANCE_DELETE, instances::delete, "delete an instance"),
    Route::api(POST, "/elements/{keyOrId}/instances", Organization, &rules::CREATE_BY_ELEMENT, instances::create, "provision an instance of the element"),
    Route::api(GET, "/elements/{keyOrId}/instances", Organization, &rules::BY_ELEMENT, instances::list, "the element's instances").with_query(LISTING),
    Route::api(GET, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::get, "one of the element's instances"),
    Route::api(PUT, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::replace, "update one of them"),
    Route::api(PATCH, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::patch, "update one of them"),
    Route::api(DELETE, "/elements/{keyOrId}/instances/{id}", Organization, &rules::BY_ELEMENT, instances::delete, "delete one of them"),

    // Configuration of an instance
    Route::api(GET, "/instances/configuration", Token, &rules::INSTANCE_CONFIG_LIST, configuration::list, "the configuration entries of the token's instance"),
    Route::api(GET, "/instances/configuration/{configId}", Token, &rules::INSTANCE_CONFIG_GET, configuration::get, "one of them"),
    Route::api(PATCH, "/instances/configuration/{configId}", Token, &rules::INSTANCE_CONFIG_PATCH, configuration::patch, "change its value"),
    Route::api(GET, "/instances/{id}/configuration", Organization, &rules::INSTANCE_CONFIG_LIST, configuration::list, "the configuration entries of an instance"),
    Route::api(GET, "/instances/{id}/configuration/{configId}", Organization, &rules::INSTANCE_CONFIG_GET, configuration::get, "one of them"),
    Route::api(PATCH, "/instances/{id}/configuration/{configId}", Organization, &rules::INSTANCE_CONFIG_PATCH, configuration::patch, "change its value"),

    // Enable, disable and count
    Route::api(PUT, "/instances/enabled", Token, &rules::INSTANCE_ENABLE, enabled::enable, "enable the token's instance").without_body(),
    Route::api(DELETE, "/instances/enabled", Token, &rules::INSTANCE_DISABLE, enabled::disable, "disable the token's instance"),
    Route::api(PUT, "/instances/{id}/enabled", Organization, &rules::INSTANCE_ENABLE, enabled::enable, "enable an instance").without_body(),
    Route::api(DELETE, "/instances/{id}/enabled", Organization, &rules::INSTANCE_DISABLE, enabled::disable, "disable an instance"),
    Route::api(PUT, "/instances/trace-logging", Token, &rules::TRACE_LOGGING, enabled::trace, "accepted, without effect").without_body(),
    Route::api(DELETE, "/instances/trace-logging", Token, &rules::TRACE_LOGGING, enabled::trace, "accepted, without effect"),
    Route::api(PUT, "/instances/{id}/trace-logging", Organization, &rules::TRACE_LOGGING, enabled::trace, "accepted, without effect").without_body(),
    Route::api(DELETE, "/instances/{id}/trace-logging", Organization, &rules::TRACE_LOGGING, enabled::trace, "accepted, without effect"),
    Route::api(GET, "/instances/count", Organization, &rules::INSTANCE_COUNT, count::count, "how many instances the caller has, by element"),

    // Metadata and configuration of elements
    Route::api(GET, "/elements/metadata", Open, &rules::ELEMENT_METADATA_ALL, metadata::list, "what each element can do").with_query(METADATA),
    Route::api(GET, "/elements/{keyOrId}/metadata", Open, &rules::ELEMENT_METADATA, metadata::get, "what one element can do").with_query(METADATA),
    Route::api(GET, "/elements/{keyOrId}/configuration", Open, &rules::ELEMENT_CONFIG, elements::configuration, "the entries that its instances are configured by"),

    // Hubs
    Route::api(GET, "/hubs", Open, &rules::HUB_LIST, hubs::list, "all hubs, and the caller's own").with_query(HUBS),
    Route::api(POST, "/hubs", Organization, &rules::HUB_CREATE, hubs::create, "make a hub"),
    Route::api(GET, "/hubs/keys", Open, &rules::HUB_KEYS, hubs::keys, "the keys of all hubs"),
    Route::api(GET, "/hubs/{hub}", Open, &rules::HUB_GET, hubs::get, "one hub"),
    Route::api(DELETE, "/hubs/{hub}", Organization, &rules::HUB_DELETE, hubs::delete, "delete a hub of one's own"),
    Route::api(GET, "/hubs/{hub}/elements", Open, &rules::HUB_ELEMENTS, hubs::elements, "the elements of a hub"),

    // OAuth
    Route::api(GET, "/elements/{keyOrId}/oauth/url", Open, &rules::OAUTH_URL, oauth::url, "the address of the consent page").with_query(OAUTH),
    Route::api(POST, "/elements/{keyOrId}/oauth/url", Open, &rules::OAUTH_URL_POST, oauth::post_url, "the same by a body"),
    Route::api(GET, "/elements/{keyOrId}/oauth/url/default", Open, &rules::OAUTH_URL_DEFAULT, oauth::default_url, "the same for a client of the platform's own"),
    Route::api(GET, "/elements/{keyOrId}/oauth/token", Open, &rules::OAUTH_TOKEN, oauth::token, "a request token of OAuth 1").with_query(OAUTH),
    Route::page(GET, "/oauth/authorize/{keyOrId}", &rules::CONSENT_REDIRECT, oauth::consent, "the consent page, outside of the base path").with_query(CONSENT),

    // Docs
    Route::api(GET, "/instances/docs", Token, &rules::DOCS_INSTANCE, docs::of_instance, "the Swagger document of the token's instance").with_query(DOCS),
    Route::api(GET, "/instances/docs/{operationId}", Token, &rules::DOCS_OPERATION, docs::of_instance, "what it has of one operation").with_query(DOCS),
    Route::api(GET, "/instances/docs/{operationId}/definitions", Token, &rules::DOCS_DEFINITIONS, docs::definitions, "the definitions of one operation"),
    Route::api(GET, "/instances/{id}/docs", Organization, &rules::DOCS_INSTANCE, docs::of_instance, "the Swagger document of an instance").with_query(DOCS),
    Route::api(GET, "/instances/{id}/docs/{operationId}", Organization, &rules::DOCS_OPERATION, docs::of_instance, "what it has of one operation").with_query(DOCS),
    Route::api(GET, "/instances/{id}/docs/{operationId}/definitions", Organization, &rules::DOCS_DEFINITIONS, docs::definitions, "the definitions of one operation"),
    Route::api(GET, "/elements/{keyOrId}/docs", Open, &rules::DOCS_ELEMENT, docs::of_catalog, "the Swagger document of an element").with_query(DOCS),
    Route::api(GET, "/docs/{hub}", Open, &rules::DOCS_HUB, docs::of_hub, "the Swagger document of a hub").with_query(DOCS),

    // Login
    Route::api(POST, "/authentication", Open, &rules::LOGIN, login::log_in, "log in, for a token"),
    Route::api(GET, "/authentication/secrets", Open, &rules::LOGIN_SECRETS, login::secrets, "the user's and the organization's secret, for `Bearer <token>`"),

    // Resources that are added to an element while the server runs.
    Route::api(POST, "/elements/{keyOrId}/resources", Organization, &rules::RESOURCE_EXTEND, extensions::create, "add a resource to the element"),
    Route::api(GET, "/elements/{keyOrId}/resources", Organization, &rules::RESOURCE_EXTEND_LIST, extensions::list, "the element's resources").with_query(EXTENSIONS),
    Route::api(GET, "/elements/{keyOrId}/resources/{resourceId}", Organization, &rules::RESOURCE_EXTEND_LIST, extensions::get, "one that was added"),
    Route::api(PUT, "/elements/{keyOrId}/resources/{resourceId}", Organization, &rules::RESOURCE_EXTEND_LIST, extensions::replace, "replace one that was added"),
    Route::api(DELETE, "/elements/{keyOrId}/resources/{resourceId}", Organization, &rules::RESOURCE_EXTEND_LIST, extensions::delete, "take one away that was added"),

    // Object definitions and transformations of an instance.
    Route::api(POST, "/instances/{id}/objects/{name}/definitions", Organization, &rules::DEFINITION_CREATE, definitions::define, "define an object of an instance"),
    Route::api(GET, "/instances/{id}/objects/{name}/definitions", Organization, &rules::DEFINITION_READ, definitions::definition_of, "its definition"),
    Route::api(PUT, "/instances/{id}/objects/{name}/definitions", Organization, &rules::DEFINITION_READ, definitions::redefine, "replace its fields"),
    Route::api(DELETE, "/instances/{id}/objects/{name}/definitions", Organization, &rules::DEFINITION_READ, definitions::undefine, "forget its definition"),
    Route::api(GET, "/instances/{id}/objects/definitions", Organization, &rules::DEFINITION_ALL, definitions::definitions, "all definitions of an instance"),
    Route::api(PATCH, "/instances/{id}/objects/{name}", Organization, &rules::DEFINITION_RENAME, definitions::rename, "rename an object"),
    Route::api(POST, "/instances/{id}/transformations/{name}", Organization, &rules::TRANSFORMATION_CREATE, definitions::transform, "transform a resource of an instance into an object"),
    Route::api(GET, "/instances/{id}/transformations/{name}", Organization, &rules::TRANSFORMATION_REST, definitions::transformation_of, "its transformation"),
    Route::api(PUT, "/instances/{id}/transformations/{name}", Organization, &rules::TRANSFORMATION_REST, definitions::retransform, "replace its transformation"),
    Route::api(DELETE, "/instances/{id}/transformations/{name}", Organization, &rules::TRANSFORMATION_REST, definitions::untransform, "forget its transformation"),
    Route::api(GET, "/instances/{id}/transformations", Organization, &rules::TRANSFORMATION_REST, definitions::transformations, "all transformations of an instance"),
    Route::api(DELETE, "/instances/{id}/transformations", Organization, &rules::TRANSFORMATION_REST, definitions::untransform_all, "forget them all"),
    Route::api(POST, "/instances/objects/{name}/definitions", Token, &rules::DEFINITION_CREATE, definitions::define, "define an object of the token's instance"),
    Route::api(GET, "/instances/objects/{name}/definitions", Token, &rules::DEFINITION_READ, definitions::definition_of, "its definition"),
    Route::api(PUT, "/instances/objects/{name}/definitions", Token, &rules::DEFINITION_READ, definitions::redefine, "replace its fields"),
    Route::api(DELETE, "/instances/objects/{name}/definitions", Token, &rules::DEFINITION_READ, definitions::undefine, "forget its definition"),
    Route::api(GET, "/instances/objects/definitions", Token, &rules::DEFINITION_ALL, definitions::definitions, "all definitions of the token's instance"),
    Route::api(PATCH, "/instances/objects/{name}", Token, &rules::DEFINITION_RENAME, definitions::rename, "rename an object"),
    Route::api(POST, "/instances/transformations/{name}", Token, &rules::TRANSFORMATION_CREATE, definitions::transform, "transform a resource of the token's instance into an object"),
    Route::api(GET, "/instances/transformations/{name}", Token, &rules::TRANSFORMATION_REST, definitions::transformation_of, "its transformation"),
    Route::api(PUT, "/instances/transformations/{name}", Token, &rules::TRANSFORMATION_REST, definitions::retransform, "replace its transformation"),
    Route::api(DELETE, "/instances/transformations/{name}", Token, &rules::TRANSFORMATION_REST, definitions::untransform, "forget its transformation"),
    Route::api(GET, "/instances/transformations", Token, &rules::TRANSFORMATION_REST, definitions::transformations, "all transformations of the token's instance"),
    Route::api(DELETE, "/instances/transformations", Token, &rules::TRANSFORMATION_REST, definitions::untransform_all, "forget them all"),

    // Events: in from a provider, and read back.
    Route::api(POST, "/events/{keyOrId}", Open, &rules::EVENT_IN, receive::receive, "take in a provider's message").with_body(Payload::Any),
    Route::api(GET, "/events/{keyOrId}", Open, &rules::EVENT_IN, receive::receive, "take in a provider's message from the query"),
    Route::api(POST, "/events/{keyOrId}/{instance}", Open, &rules::EVENT_IN, receive::receive, "the same for the instance with this id in base64").with_body(Payload::Any),
    Route::api(GET, "/events/{keyOrId}/{instance}", Open, &rules::EVENT_IN, receive::receive, "the same from the query"),
    Route::api(GET, "/instances/events", OrganizationOrToken, &rules::EVENT_LIST, events::list, "the caller's or the token's events").with_query(EVENTS),
    Route::api(GET, "/instances/events/{eventId}", OrganizationOrToken, &rules::EVENT_GET, events::get, "one event"),
    Route::api(GET, "/instances/{id}/events", Organization, &rules::EVENT_LIST, events::list, "an instance's events").with_query(EVENTS),
    Route::api(GET, "/instances/{id}/events/{eventId}", Organization, &rules::EVENT_GET, events::get, "one event of an instance"),
    Route::api(GET, "/accounts/settings", Organization, &rules::EVENT_RETRY_END, settings::get, "the account's settings: how webhooks fail"),
    Route::api(PATCH, "/accounts/settings", Organization, &rules::EVENT_RETRY_END, settings::patch, "change them"),
    Route::api(PATCH, "/accounts/{id}/settings", Organization, &rules::EVENT_RETRY_END, settings::patch, "change them; the caller's own account is 1"),
    Route::api(POST, "/accounts/{id}/settings", Organization, &rules::EVENT_RETRY_END, settings::patch, "the same"),
    Route::api(GET, "/instances/events/analytics", Organization, &rules::ANALYTICS_ALL, analytics::events, "how many events came when").with_query(ANALYTICS),
    Route::api(GET, "/instances/events/analytics/instances", Organization, &rules::ANALYTICS_INSTANCES, analytics::instances, "the same by instance").with_query(ANALYTICS),
    Route::api(GET, "/instances/events/analytics/accounts", Organization, &rules::ANALYTICS_ACCOUNTS, analytics::accounts, "the same by account").with_query(ANALYTICS),
    Route::api(GET, "/instances/events/dispositions", Organization, &rules::DISPOSITIONS, analytics::dispositions, "what failed in delivering events").with_query(EVENTS),
    Route::api(GET, "/instances/event-poller-records", Token, &rules::EVENT_POLLER_RECORDS, events::poller_records, "the objects that the token's instance polls"),

    // The usage log: calls of resources, and what they add up to.
    Route::api(GET, "/usage", Organization, &rules::USAGE_LIST, usage::list, "calls of resources").with_query(USAGE),
    Route::api(GET, "/usage/{id}", Organization, &rules::USAGE_GET, usage::get, "one call"),
    Route::api(GET, "/usage/analytics/times", Organization, &rules::USAGE_TIMES, usage::times, "how long calls took").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/statuses", Organization, &rules::USAGE_STATUSES, usage::statuses, "how calls ended").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity", Organization, &rules::USAGE_ACTIVITY, usage::activity, "how many calls there were").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/elements", Organization, &rules::USAGE_ACTIVITY, usage::elements, "the same by element").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/element-instances", Organization, &rules::USAGE_ACTIVITY, usage::instances, "calls by instance").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/element-instances/created-count", Organization, &rules::USAGE_ACTIVITY, usage::created, "how many instances were created").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/formula-instances", Organization, &rules::USAGE_ACTIVITY, usage::formulas, "none: there are no formulas").with_query(ANALYTICS),
    Route::api(GET, "/usage/analytics/activity/formula-instances/created-count", Organization, &rules::USAGE_ACTIVITY, usage::formulas_created, "none: there are no formulas").with_query(ANALYTICS),

    Route::page(GET, "/elements/jsp/{page}", &rules::JSP_FRAME, jsp::page, "a login page for browsers"),

    // Resources of the token's instance; these rows are tried after all others.
    Route::api(GET, "/hubs/{hub}/{resource}/**", Resource, &rules::HUB_IGNORED, resources::answer, "the rows of a resource, or one of them").with_query(ROWS),
    Route::api(POST, "/hubs/{hub}/{resource}/**", Resource, &rules::HUB_IGNORED, resources::answer, "create a row"),
    Route::api(PUT, "/hubs/{hub}/{resource}/**", Resource, &rules::HUB_IGNORED, resources::answer, "replace a row"),
    Route::api(PATCH, "/hubs/{hub}/{resource}/**", Resource, &rules::HUB_IGNORED, resources::answer, "change a row"),
    Route::api(DELETE, "/hubs/{hub}/{resource}/**", Resource, &rules::HUB_IGNORED, resources::answer, "delete a row"),
    Route::api(GET, "/{resource}/**", Resource, &rules::BARE_PATHS, resources::answer, "the rows of a resource, or one of them (bare form)").with_query(ROWS),
    Route::api(POST, "/{resource}/**", Resource, &rules::BARE_PATHS, resources::answer, "create a row (bare form)"),
    Route::api(PUT, "/{resource}/**", Resource, &rules::BARE_PATHS, resources::answer, "replace a row (bare form)"),
    Route::api(PATCH, "/{resource}/**", Resource, &rules::BARE_PATHS, resources::answer, "change a row (bare form)"),
    Route::api(DELETE, "/{resource}/**", Resource, &rules::BARE_PATHS, resources::answer, "delete a row (bare form)"),

    Route::control(GET, "/health", control::health, "whether the server is ready, and what it serves"),
    Route::control(GET, "/ca.pem", control::ca_pem, "the certificates that a client of an HTTPS server must trust, as PEM"),
    Route::control(GET, "/requests", control::requests, "the journal, filtered by the query").with_query(JOURNAL),
    Route::control(GET, "/requests/wait", control::wait_for_requests, "the journal, as soon as `count` requests fit").with_query(WAIT),
    Route::control(DELETE, "/requests", control::forget_requests, "empty the journal").with_query(LIMIT),
    Route::control(GET, "/requests/{number}", control::request, "one request of the journal"),
    Route::control(GET, "/events", control::events, "the journal as server-sent events, while it is written").with_query(AFTER),
    Route::control(GET, "/instances", control::instances, "the instances, secrets masked").with_query(LIMIT),
    Route::control(DELETE, "/instances", control::forget_instances, "forget the instances of an organization").with_query(LIMIT),
    Route::control(GET, "/instances/{id}", control::instance, "the messages and events of one instance").with_query(LIMIT),
    Route::control(DELETE, "/instances/{id}", control::forget_instance, "forget one instance").with_query(LIMIT),
    Route::control(GET, "/script", control::script, "the scripted faults and answers, and how often they fired").with_query(LIMIT),
    Route::control(POST, "/script", control::add_to_script, "script a fault or an answer").with_query(LIMIT),
    Route::control(DELETE, "/script", control::clear_script, "forget the script").with_query(LIMIT),
    Route::control(GET, "/script/{id}", control::one_script, "one of them whole").with_query(LIMIT),
    Route::control(PUT, "/script/{id}", control::replace_script, "put another in its place").with_query(LIMIT),
    Route::control(DELETE, "/script/{id}", control::remove_script, "forget it").with_query(LIMIT),
    Route::control(GET, "/stubs", control::stubs, "the stubs, and how often they answered").with_query(LIMIT),
    Route::control(POST, "/stubs", control::add_stubs, "stub an answer").with_query(LIMIT),
    Route::control(DELETE, "/stubs", control::clear_stubs, "forget the stubs").with_query(LIMIT),
    Route::control(GET, "/stubs/{id}", control::one_stub, "one stub").with_query(LIMIT),
    Route::control(PUT, "/stubs/{id}", control::replace_stub, "put another in its place").with_query(LIMIT),
    Route::control(DELETE, "/stubs/{id}", control::remove_stub, "forget it").with_query(LIMIT),
    Route::control(GET, "/state", control::snapshot, "the state as one document").with_query(LIMIT),
    Route::control(PUT, "/state", control::restore, "restore such a document").with_query(LIMIT),
    Route::control(DELETE, "/state", control::reset, "forget instances, journal, script, stubs and ledger").with_query(LIMIT),
    Route::control(POST, "/state/instances", control::seed, "put instances into the state").with_query(LIMIT),
    Route::control(POST, "/state/save", control::save, "write the file of --state"),
    Route::control(GET, "/settings", control::settings, "the settings that the server was started with, without secrets"),
    Route::control(POST, "/cassette/rewind", control::rewind, "let the cassette answer from its beginning again"),
    Route::control(GET, "/elements", control::list_elements, "the elements of the catalog"),
    Route::control(POST, "/elements", control::add_element, "add an element of your own: a catalog fixture"),
    Route::control(DELETE, "/elements/{keyOrId}", control::remove_element, "take away an element of your own"),
    Route::control(GET, "/outbox", control::messages, "the messages that instances would have sent, filtered by the query").with_query(OUTBOX),
    Route::control(DELETE, "/outbox", control::forget_messages, "empty the outbox").with_query(LIMIT),
    Route::control(POST, "/events", control::fire_event, "let a provider's event happen to an instance").with_query(LIMIT),
    Route::control(GET, "/webhooks", control::webhooks, "every attempt to send a webhook").with_query(LIMIT),
    Route::control(POST, "/webhooks/faults", control::order_webhook_faults, "order faults on webhooks").with_query(LIMIT),
    Route::control(DELETE, "/webhooks/faults", control::clear_webhook_faults, "forget those that were not met").with_query(LIMIT),
    Route::control(GET, "/ledger", control::ledger, "what the run relied upon and left behind").with_query(LEDGER),
    Route::control(GET, "/clock", control::clock, "the time"),
    Route::control(PUT, "/clock", control::set_clock, "stop the clock or move it"),
    Route::control(GET, "/rules", control::rules, "the rule table"),
    Route::control(GET, "/openapi.json", control::openapi, "this API and the emulated one as OpenAPI"),
];

/// The parameters of a list of instances (rule `instance-list`).
const LISTING: &[Parameter] = &[
    Parameter::text("tags[]", "only instances with this tag; all must match").of(Texts),
    Parameter::text(
        "searchText",
        "only instances with this text in their name or element key",
    ),
    Parameter::text("pageSize", "the number of instances on a page").of(Number(1, 200)),
    Parameter::text(
        "nextPage",
        "the token that continues a list, from elements-next-page-token",
    ),
    Parameter::text("hydrate", "false leaves the configuration out").of(Boolean),
];

const FROM: Parameter = Parameter::text("from", "only what is not before this date");
const TO: Parameter = Parameter::text("to", "only what is not after this date");
/// The parameters of a list of an element's resources (rule `resource-extend-list`).
const EXTENSIONS: &[Parameter] =
    &[Parameter::text("accountOnly", "true leaves out the catalog's").of(Boolean)];

/// The parameters of a list of rows (rules `generic-paging`, `generic-where`).
const ROWS: &[Parameter] = &[
    Parameter::text("where", "only rows that fulfil this condition in CEQL"),
    Parameter::text("page", "the number of the page, from 1").of(Number(1, u64::MAX)),
    Parameter::text("pageSize", "the number of rows on a page, at most 200")
        .of(Number(1, u64::MAX)),
    Parameter::text(
        "nextPage",
        "the token that continues a list, from elements-next-page-token",
    ),
    Parameter::text(
        "returnCount",
        "true counts the rows in elements-total-count",
    )
    .of(Boolean),
];

const PAGE_SIZE: Parameter =
    Parameter::text("pageSize", "the number of items on a page").of(Number(1, 200));

const NEXT_PAGE: Parameter = Parameter::text(
    "nextPage",
    "the token that continues a list, from elements-next-page-token",
);

/// The parameters of the list of elements (rules `element-where`, `element-abridged`).
const ELEMENTS: &[Parameter] = &[
    Parameter::text("where", "only elements that fulfil this condition"),
    Parameter::text("abridged", "true leaves long members out").of(Boolean),
    PAGE_SIZE,
    NEXT_PAGE,
];

/// The parameters of metadata (rule `element-metadata-expand`).
const METADATA: &[Parameter] = &[
    Parameter::text("expand", "true tells everything").of(Boolean),
    PAGE_SIZE,
    NEXT_PAGE,
];

/// The parameters of the list of hubs (rules `hub-list`, `hub-hydrate`).
const HUBS: &[Parameter] = &[
    Parameter::text("hydrate", "true adds the calls of each hub").of(Boolean),
    PAGE_SIZE,
    NEXT_PAGE,
];

/// The parameters of a client that asks for consent (rule `oauth-url`).
const OAUTH: &[Parameter] = &[
    Parameter::text("apiKey", "the client's id; required"),
    Parameter::text("apiSecret", "the client's secret; required"),
    Parameter::text("callbackUrl", "where the answer goes; required"),
    Parameter::text("scope", "what is asked for"),
    Parameter::text("state", "a text that comes back unchanged"),
    Parameter::text("requestToken", "the request token; required for OAuth 1"),
];

/// The parameters of the consent page (rules `consent-redirect`, `consent-denied`).
const CONSENT: &[Parameter] = &[
    Parameter::text("redirect_uri", "where the answer goes; required"),
    Parameter::text("state", "a text that comes back unchanged"),
    Parameter::text("approve", "true consents").of(Boolean),
    Parameter::text("deny", "true refuses").of(Boolean),
    Parameter::text("error", "refuses with this word"),
];

/// The parameters of Swagger documents (rules `docs-base`, `docs-provider`, `docs-operation`).
const DOCS: &[Parameter] = &[
    Parameter::text("baseUrl", "the address that the document describes"),
    Parameter::text("provider", "aws describes the gateway"),
    Parameter::text("elementKey", "only this element of a hub"),
];

/// The parameters of a list of events (rule `event-list`).
const EVENTS: &[Parameter] = &[FROM, TO, PAGE_SIZE, NEXT_PAGE];

/// The parameters of analytics (rule `analytics-query`).
const ANALYTICS: &[Parameter] = &[
    FROM,
    TO,
    Parameter::text(
        "interval",
        "the width of a bucket: year, quarter, month, week, day, hour, minute or second",
    ),
    Parameter::text("accountIds[]", "only these accounts: the caller's own is 1").of(Texts),
];

/// The parameters of the usage log (rule `usage-list`).
const USAGE: &[Parameter] = &[
    Parameter::text("hub", "only calls of this hub's elements"),
    Parameter::text("keys[]", "only calls of the elements with these keys").of(Texts),
    Parameter::text("tags[]", "only calls of instances with these tags").of(Texts),
    Parameter::text("accountIds[]", "only these accounts: the caller's own is 1").of(Texts),
    Parameter::text("status", "only calls that ended so: SUCCESS or FAILED"),
    FROM,
    TO,
    Parameter::text("searchText", "only rows with this text"),
    PAGE_SIZE,
    Parameter::text("pageOffset", "how many pages to pass over").of(Number(0, u64::MAX)),
    NEXT_PAGE,
];

const ORGANIZATION: Parameter = Parameter::text(
    "organization",
    "the organization's secret: only what belongs to it",
);

const LIMIT: &[Parameter] = &[ORGANIZATION];

const AFTER: &[Parameter] =
    &[
        Parameter::text("after", "only requests after the one with this number")
            .of(Number(0, u64::MAX)),
    ];

const OUTBOX: &[Parameter] = &[
    ORGANIZATION,
    Parameter::text("to", "only messages to this recipient, among others"),
    Parameter::text("from", "only messages from this sender"),
    Parameter::text("subject", "only messages with this subject"),
    Parameter::text("text", "only messages with this somewhere in their message"),
    Parameter::text(
        "element",
        "only messages by instances of the element with this key",
    ),
    Parameter::text("instance", "only messages by the instance with this id")
        .of(Number(0, u64::MAX)),
];

const LEDGER: &[Parameter] = &[
    ORGANIZATION,
    Parameter::text("of", "run: of the whole run, not only since the last reset"),
];

const JOURNAL: &[Parameter] = WAIT.split_at(10).0;

const WAIT: &[Parameter] = &[
    ORGANIZATION,
    Parameter::text("method", "only requests with this verb"),
    Parameter::text(
        "path",
        "only requests to a path that fits, such as /instances/*",
    ),
    Parameter::text("element", "only requests about the element with this key"),
    Parameter::text("instance", "only requests about the instance with this id")
        .of(Number(0, u64::MAX)),
    Parameter::text("rule", "only requests that this rule decided"),
    Parameter::text(
        "status",
        "only requests that were answered with this status",
    )
    .of(Number(200, 999)),
    Parameter::text("grade", "only requests that a rule of this grade decided"),
    Parameter::text("match", "only requests that fit this predicate, as JSON"),
    Parameter::text("after", "only requests with a higher number").of(Number(0, u64::MAX)),
    Parameter::text("count", "how many requests to wait for, 1 if not said")
        .of(Number(0, u64::MAX)),
    Parameter::text("timeout", "how long to wait at most, such as 5s"),
];
