//! Every header, member, path word and fixed text of the API, once; and its two dialects.
//!
//! Names of members stand here in the `element` spelling; [`Dialect`] turns the API's own words into the other one.
//! The caller's own texts never pass through a dialect.

/// One of the two spellings in which the guides print the API's noun (rule `dialect`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `element`, `/elements/api-v2`
    Element,
    /// `your_mom`, `/your_moms/api-v2`
    YourMom,
}

impl Dialect {
    /// Both dialects, in the order of the variants.
    pub const ALL: [Dialect; 2] = [Dialect::Element, Dialect::YourMom];

    /// The noun: the member in requests and responses.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Dialect::Element => "element",
            Dialect::YourMom => "your_mom",
        }
    }

    /// The path word.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Dialect::Element => "elements",
            Dialect::YourMom => "your_moms",
        }
    }

    /// The word before an instance's token in `Authorization`.
    #[must_use]
    pub const fn token_word(self) -> &'static str {
        match self {
            Dialect::Element => "Element",
            Dialect::YourMom => "Your_mom",
        }
    }

    /// The path that the API is mounted at (rule `base-path`).
    #[must_use]
    pub const fn base_path(self) -> &'static str {
        match self {
            Dialect::Element => "/elements/api-v2",
            Dialect::YourMom => "/your_moms/api-v2",
        }
    }

    /// The other dialect.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Dialect::Element => Dialect::YourMom,
            Dialect::YourMom => Dialect::Element,
        }
    }

    /// A text of the API, given in the `element` spelling, as this dialect spells it.
    #[must_use]
    pub fn spell(self, text: &str) -> String {
        match self {
            Dialect::Element => text.to_owned(),
            Dialect::YourMom => text
                .replace("element", "your_mom")
                .replace("Element", "Your_mom"),
        }
    }
}

/// The path that the control API is mounted at (rule `control`).
pub const CONTROL_PATH: &str = "/__admin";

/// The words of `Authorization` that do not depend on the dialect.
pub mod word {
    /// Stands before the user's secret.
    pub const USER: &str = "User";
    /// Stands before the organization's secret, the namespace of all state.
    pub const ORGANIZATION: &str = "Organization";
    /// Stands before a login's token, which opens nothing but the login's secrets.
    pub const BEARER: &str = "Bearer";
}

/// Header names that the `http` crate does not have.
pub mod header {
    use http::HeaderName;

    /// On every reply; an error's `requestId` is the same.
    pub const REQUEST_ID: HeaderName = HeaderName::from_static("elements-request-id");
    /// The number of instances in a list over all its pages.
    pub const TOTAL_COUNT: HeaderName = HeaderName::from_static("elements-total-count");
    /// The value for `nextPage` that continues a list; absent on the last page.
    pub const NEXT_PAGE: HeaderName = HeaderName::from_static("elements-next-page-token");
    /// The instance whose token a resource call has (rule `instance-id-header`).
    pub const INSTANCE_ID: HeaderName = HeaderName::from_static("elements-element-instance-id");
    /// The mock's own mark: the rule that decided the answer, and its grade.
    pub const BECAUSE: HeaderName = HeaderName::from_static("mock-ce-because");

    /// The mock's own word to the developer, where the vendor's text does not help.
    pub const HINT: HeaderName = HeaderName::from_static("mock-ce-hint");
    /// The instances that a provider's message is for (rule `event-match`).
    pub const ELEMENT_INSTANCES: HeaderName = HeaderName::from_static("element-instances");
    /// The same for one instance, where polling found it.
    pub const POLLED_INSTANCE: HeaderName = HeaderName::from_static("id");
    /// On every webhook: the notification's id.
    pub const WEBHOOK_ID: HeaderName = HeaderName::from_static("elements-webhook-id");
    /// On a webhook whose instance has a signature key (rule `event-signature`).
    pub const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("elements-webhook-signature");
}

/// The headers that a browser's script may read (rule `cors`).
pub const EXPOSED_HEADERS: &str = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, \
     Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition";

/// The mock's own headers that a browser's script may read where it asks for them.
pub(crate) const EXPOSED_MARKS: &str = "mock-ce-because, mock-ce-hint";

/// The end of the year 9999, the last time that the API's dates can say, in milliseconds since 1970.
pub(crate) const MAX_TIME: u64 = 253_402_300_799_000;

/// Members of requests and responses.
pub mod member {
    #![allow(missing_docs, reason = "each constant is its own text")]
    pub const ID: &str = "id";
    pub const KEY: &str = "key";
    pub const NAME: &str = "name";
    pub const TAGS: &str = "tags";
    pub const TOKEN: &str = "token";
    pub const ELEMENT: &str = "element";
    pub const CONFIGURATION: &str = "configuration";
    pub const PROVIDER_DATA: &str = "providerData";
    pub const HUB: &str = "hub";
    pub const CREATED_DATE: &str = "createdDate";
    pub const UPDATED_DATE: &str = "updatedDate";
    pub const DISABLED: &str = "disabled";
    pub const USER: &str = "user";
    pub const EMAIL_ADDRESS: &str = "emailAddress";
    pub const FIRST_NAME: &str = "firstName";
    pub const LAST_NAME: &str = "lastName";
    pub const EVENTS_ENABLED: &str = "eventsEnabled";
    pub const EVENTS_CALLBACK: &str = "eventsNotificationCallbackUrl";
    pub const TRACE_LOGGING_ENABLED: &str = "traceLoggingEnabled";
    pub const EXTERNAL_AUTHENTICATION: &str = "externalAuthentication";
    pub const REQUEST_ID: &str = "requestId";
    pub const MESSAGE: &str = "message";
    pub const TYPE: &str = "type";
    pub const REQUIRED: &str = "required";
    pub const DEFAULT_VALUE: &str = "defaultValue";
    pub const DESCRIPTION: &str = "description";
    pub const ACTIVE: &str = "active";
    pub const AUTHENTICATION: &str = "authentication";
    pub const USERNAME: &str = "username";
    pub const PASSWORD: &str = "password";
    pub const PROPERTY_VALUE: &str = "propertyValue";
}

/// Configuration entries that every element takes (rule `event-config`).
pub mod entry {
    #![allow(missing_docs, reason = "each constant is its own text")]
    pub const EVENTS_ENABLED: &str = "event.notification.enabled";
    pub const CALLBACK: &str = "event.notification.callback.url";
    pub const SIGNATURE_KEY: &str = "event.notification.signature.key";
    pub const INSTANCE_FINDER: &str = "event.notification.instance.finder";
    pub const POLLER_CONFIGURATION: &str = "event.poller.configuration";
    pub const OBJECTS: &str = "event.objects";
    pub const EVENT_TYPE: &str = "event.vendor.type";
    pub const POLL_INTERVAL: &str = "event.poller.refresh_interval";
    pub const OAUTH_USER_ID: &str = "oauth.user.id";
    pub const ZENDESK_TARGET: &str = "helpdesk.zendesk.webhook.target_id";
}

/// Settings of an account.
pub mod setting {
    #![allow(missing_docs, reason = "each constant is its own text")]
    pub const FAILURE_POLICY: &str = "notification.webhook.failure.policy";
}

/// Parameters of the query string.
pub mod query {
    #![allow(missing_docs, reason = "each constant is its own text")]
    pub const TAGS: &str = "tags[]";
    pub const SEARCH_TEXT: &str = "searchText";
    pub const PAGE_SIZE: &str = "pageSize";
    pub const NEXT_PAGE: &str = "nextPage";
    pub const HYDRATE: &str = "hydrate";
    pub const WHERE: &str = "where";
    pub const ABRIDGED: &str = "abridged";
    pub const EXPAND: &str = "expand";
    pub const FROM: &str = "from";
    pub const TO: &str = "to";
    pub const INTERVAL: &str = "interval";
    pub const ACCOUNT_IDS: &str = "accountIds[]";
}

/// Fixed texts of the vendor's error messages.
pub mod text {
    /// Every refusal of credentials (rules `auth-required`, `dead-token`).
    pub const UNAUTHORIZED: &str =
        "Invalid Organization or User secret, or invalid Element token provided.";
    /// The start of the message for an element that the catalog does not have (rule `element-get`).
    pub const NO_ELEMENT: &str = "No element found with key or id";
    /// The start of the message for an instance that is not there (rule `instance-get`).
    pub const NO_INSTANCE: &str = "No instance found with ID";
    /// An empty list (rule `empty-list`).
    pub const NO_INSTANCES: &str = "No instances found";
    /// A list of elements that none is in (rules `element-where-empty`, `hub-elements`).
    pub const NO_ELEMENTS: &str = "No elements found";
    /// An OAuth element is to be provisioned without consent (rule `oauth-code-missing`).
    pub const NO_CODE: &str =
        "You must provide an OAuth code in order to create an instance of this element";
    /// The server's name where a caller gives it none.
    pub const LOCALHOST: &str = "localhost";
    /// The mask in the place of a password in the platform's shape (rule `platform-shape`).
    pub const MASK: &str = "********";
}

/// Tells whether the value of this configuration entry is masked wherever instances are shown (rule
/// `platform-shape`).
///
/// This is the vendor's rule of what a client sees; what the mock itself keeps to itself is decided in `secrets`.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    ["password", "secret", "token", "api.key"]
        .iter()
        .any(|ending| key.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Rule `dialect`: the noun is translated wherever it stands in a catalog text, in either case.
    #[rstest]
    #[case::member("element", "your_mom")]
    #[case::text("multiple Messaging Elements.", "multiple Messaging Your_moms.")]
    #[case::inside_a_word("?p=CElements", "?p=CYour_moms")]
    #[case::path("elements/provider_mailjet.png", "your_moms/provider_mailjet.png")]
    fn the_other_dialect_spells(#[case] element: &str, #[case] your_mom: &str) {
        assert_eq!(Dialect::YourMom.spell(element), your_mom);
        assert_eq!(Dialect::Element.spell(element), element);
    }
}
