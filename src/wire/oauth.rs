//! OAuth as a client sees it: the address of the consent page, the page, and the way back to the client.
//!
//! The real consent page is the provider's; the mock has one of its own, at `/oauth/authorize/{elementKey}`, which asks
//! nothing of a test that follows the address with a plain `GET`.

use form_urlencoded::Serializer;

use super::markup::escape;

/// The path of the consent page; the key of the element stands behind it.
pub(crate) const CONSENT_PATH: &str = "/oauth/authorize/";

/// The callback of a client that names none of its own (rule `oauth-url-default`).
pub(crate) const DEFAULT_CALLBACK: &str = "https://auth.cloudelements.io/oauth";

/// The request of a client for the address of a consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) element: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) callback: &'a str,
    /// The element's key where the client sends none (rule `oauth-url-form`).
    pub(crate) state: &'a str,
    pub(crate) scope: Option<&'a str>,
    /// The request token of OAuth 1; with it the address is one of OAuth 1.
    pub(crate) request_token: Option<&'a str>,
}

impl Authorization<'_> {
    /// The address of the consent page on a server with this origin (`http://127.0.0.1:6847`).
    pub(crate) fn url(&self, origin: &str) -> String {
        let mut query = Serializer::new(String::new());
        match self.request_token {
            None => query
                .append_pair("response_type", "code")
                .append_pair("client_id", self.client_id),
            Some(token) => query.append_pair("oauth_token", token),
        };
        query
            .append_pair("redirect_uri", self.callback)
            .append_pair("state", self.state);
        if let Some(scope) = self.scope {
            query.append_pair("scope", scope);
        }
        let element: String = form_urlencoded::byte_serialize(self.element.as_bytes()).collect();
        format!("{origin}{CONSENT_PATH}{element}?{}", query.finish())
    }
}

/// A visit to the consent page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) callback: String,
    pub(crate) state: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) request_token: Option<String>,
    pub(crate) decision: Option<Decision>,
}

/// The visitor's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// `approve=true`
    Approve,
    /// `deny=true` is `access_denied`; `error=WORD` is any other (rule `consent-denied`).
    Refuse(String),
}

impl Visit {
    /// Reads the query of a visit.
    ///
    /// # Errors
    /// The problem, for a person: no `redirect_uri`, or one that is no http(s) address.
    pub(crate) fn parse(query: &str) -> Result<Self, String> {
        let mut visit = Visit::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "redirect_uri" => visit.callback = value,
                "state" => visit.state = Some(value),
                "scope" => visit.scope = Some(value),
                "client_id" => visit.client_id = Some(value),
                "oauth_token" => visit.request_token = Some(value),
                "approve" if value != "false" => visit.decision = Some(Decision::Approve),
                "deny" if value != "false" => {
                    visit.decision = Some(Decision::Refuse("access_denied".to_owned()))
                }
                "error" => visit.decision = Some(Decision::Refuse(value)),
                _ => {}
            }
        }
        check_callback(&visit.callback)?;
        Ok(visit)
    }

    /// The address that the visitor is sent back to, with `code` or the error behind any query it has already.
    pub(crate) fn way_back(&self, decision: &Decision, code: &str) -> String {
        let mut query = Serializer::new(String::new());
        match (decision, &self.request_token) {
            (Decision::Refuse(error), _) => query.append_pair("error", error),
            (Decision::Approve, None) => query.append_pair("code", code),
            (Decision::Approve, Some(token)) => query
                .append_pair("oauth_token", token)
                .append_pair("oauth_verifier", code),
        };
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        let (address, fragment) = match self.callback.split_once('#') {
            Some((address, fragment)) => (address, format!("#{fragment}")),
            None => (&*self.callback, String::new()),
        };
        let mark = if address.contains('?') { '&' } else { '?' };
        format!("{address}{mark}{}{fragment}", query.finish())
    }

    /// The page for a person: who asks, for what, and a button for each decision. All of it is escaped.
    pub(crate) fn page(&self, element: &str) -> String {
        let asks = self.client_id.as_deref().unwrap_or("a client");
        let scope = self.scope.as_deref().map_or(String::new(), |scope| {
            format!("<p>Scope: <code>{}</code></p>", escape(scope))
        });
        let fields = [
            ("redirect_uri", Some(&self.callback)),
            ("state", self.state.as_ref()),
            ("oauth_token", self.request_token.as_ref()),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| {
            Some(format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                escape(value?)
            ))
        });
        format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Consent</title>\n\
             <h1>Allow access to {}?</h1>\n<p><code>{}</code> asks for it and gets the answer at <code>{}</code>.</p>{scope}\n\
             <form method=\"get\">{}\n<button name=\"approve\" value=\"true\">Allow</button>\n\
             <button name=\"deny\" value=\"true\">Deny</button></form></html>\n",
            escape(element),
            escape(asks),
            escape(&self.callback),
            fields.collect::<String>(),
        )
    }
}

/// Only an http(s) address is somewhere to send a browser; a script, a file or a header of its own is not.
fn check_callback(callback: &str) -> Result<(), String> {
    if callback.is_empty() {
        return Err("redirect_uri is missing: it says where the answer goes".to_owned());
    }
    let lower = callback.to_ascii_lowercase();
    let host = ["http://", "https://"]
        .iter()
        .find_map(|scheme| lower.strip_prefix(scheme));
    let is_address = host
        .is_some_and(|host| !host.is_empty() && !host.starts_with(['/', '?', '#']))
        && callback.bytes().all(|byte| byte.is_ascii_graphic());
    if is_address {
        return Ok(());
    }
    Err("redirect_uri is no http or https address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const ASKED: Authorization<'static> = Authorization {
        element: "sfdc",
        client_id: "abc",
        callback: "http://localhost:8080/back?x=1",
        state: "sfdc",
        scope: None,
        request_token: None,
    };

    /// Contract: `oauth-url-form`, `oauth1-url`.
    #[test]
    fn an_address_says_what_the_client_said() {
        assert_eq!(
            ASKED.url("http://127.0.0.1:4010"),
            "http://127.0.0.1:4010/oauth/authorize/sfdc?response_type=code&client_id=abc\
             &redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fback%3Fx%3D1&state=sfdc"
        );
        let first_version = Authorization {
            request_token: Some("t"),
            scope: Some("a b"),
            ..ASKED
        };
        assert_eq!(
            first_version.url(""),
            "/oauth/authorize/sfdc?oauth_token=t&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fback%3Fx%3D1\
             &state=sfdc&scope=a+b"
        );
    }

    fn back(query: &str) -> String {
        let visit = Visit::parse(query).unwrap();
        let decision = visit.decision.clone().unwrap_or(Decision::Approve);
        visit.way_back(&decision, "c0de")
    }

    /// Contract: `consent-redirect`, `consent-denied`.
    #[rstest]
    #[case::approved(
        "redirect_uri=http://h/b&state=s%26t",
        "http://h/b?code=c0de&state=s%26t"
    )]
    #[case::query_kept("redirect_uri=http://h/b%3Fx%3D1", "http://h/b?x=1&code=c0de")]
    #[case::fragment_kept("redirect_uri=http://h/b%23f", "http://h/b?code=c0de#f")]
    #[case::denied(
        "redirect_uri=http://h/b&deny=true&state=s",
        "http://h/b?error=access_denied&state=s"
    )]
    #[case::not_denied("redirect_uri=http://h/b&deny=false", "http://h/b?code=c0de")]
    #[case::error(
        "redirect_uri=http://h/b&error=server_error",
        "http://h/b?error=server_error"
    )]
    #[case::first_version(
        "redirect_uri=http://h/b&oauth_token=t",
        "http://h/b?oauth_token=t&oauth_verifier=c0de"
    )]
    fn the_way_back_carries_the_decision(#[case] query: &str, #[case] expected: &str) {
        assert_eq!(back(query), expected);
    }

    #[rstest]
    #[case("")]
    #[case("redirect_uri=")]
    #[case("redirect_uri=javascript:alert(1)")]
    #[case("redirect_uri=//evil.example/x")]
    #[case("redirect_uri=http:///x")]
    #[case("redirect_uri=http://h/%0d%0aset-cookie:x")]
    #[case("redirect_uri=file:///etc/passwd")]
    fn nobody_is_sent_elsewhere(#[case] query: &str) {
        assert!(Visit::parse(query).is_err());
    }

    proptest! {
        #[test]
        fn the_page_escapes_all_it_shows(hostile in "[<>\"'&a-z/=]{1,30}") {
            let visit = Visit {
                callback: format!("http://h/{hostile}"),
                state: Some(hostile.clone()),
                scope: Some(hostile.clone()),
                client_id: Some(hostile.clone()),
                request_token: Some(hostile.clone()),
                decision: None,
            };
            let page = visit.page(&hostile);
            let plain = Visit { callback: "http://h/".to_owned(), scope: Some(String::new()), request_token: Some(String::new()), state: Some(String::new()), ..Visit::default() };
            let marks = |text: &str| text.matches(['<', '>', '"', '\'']).count();
            prop_assert_eq!(marks(&page), marks(&plain.page("")));
        }

        #[test]
        fn what_a_client_says_comes_back(state in "\\PC{1,20}", path in "[a-z?=&]{0,10}") {
            let callback = format!("http://localhost/{path}");
            let url = Authorization { callback: &callback, state: &state, ..ASKED }.url("");
            let visit = Visit::parse(url.split_once('?').unwrap().1).unwrap();
            prop_assert_eq!(&visit.callback, &callback);
            let way_back = visit.way_back(&Decision::Approve, "c");
            let query = way_back.rsplit_once("state=").unwrap().1;
            let read = form_urlencoded::parse(format!("state={query}").as_bytes()).next().unwrap().1.into_owned();
            prop_assert_eq!(read, state);
        }
    }
}
