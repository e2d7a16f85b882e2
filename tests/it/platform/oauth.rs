//! OAuth, both sides: what a client asks for, the consent page, and provisioning by a code.

use std::fs;

use mock_ce::Json;
use rstest::rstest;

use crate::support::{Core, Harness, Reply, Request, Server};

const ASKED: &str = "apiKey=abc&apiSecret=s3cret&callbackUrl=http%3A%2F%2Flocalhost%3A8080%2Fback";

/// A service that knows `sfdc` (OAuth 2) and `tripit` (OAuth 1).
fn service<H: Harness>(flags: &[(&str, &str)]) -> H {
    let directory = tempfile::tempdir().unwrap();
    for (id, key, version) in [
        (23, "sfdc", "oauth2"),
        (24, "tripit", "oauth1"),
        (25, "box", "oauth2"),
    ] {
        let entries = ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"];
        let entries = entries.map(|entry| format!(r#"{{"key": "{entry}", "required": true}}"#));
        let fixture = format!(
            r#"{{"instance": {{"id": 1, "name": "", "token": "t", "element": {{"id": {id}, "key": "{key}"}}}},
            "authentication": {{"type": "{version}"}}, "configuration": [{}]}}"#,
            entries.join(",")
        );
        fs::write(directory.path().join(format!("{key}.json")), fixture).unwrap();
    }
    let catalog = ("catalog", directory.path().to_str().unwrap());
    H::start(&[flags, &[catalog, ("clock", "2017-03-14T19:20:16Z")]].concat())
}

fn open(path: &str) -> Request {
    Request::get(path)
        .without("authorization")
        .header("host", "127.0.0.1:4010")
}

/// The address of the consent page, as the server gives it.
fn address(ce: &mut impl Harness, path: &str) -> String {
    let reply = ce.ask(open(path));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.member("oauthUrl")
}

/// Follows an address of the consent page; returned is where it leads.
fn follow(ce: &mut impl Harness, address: &str) -> String {
    let path = address.strip_prefix("http://127.0.0.1:4010").unwrap();
    let reply = ce.ask(Request::raw("GET", path));
    assert_eq!((reply.status, reply.text()), (302, ""));
    reply.header("location").unwrap().to_owned()
}

fn parameter(address: &str, wanted: &str) -> Option<String> {
    let (_, query) = address.split_once('?').unwrap();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}

fn create(ce: &mut impl Harness, key: &str, members: &str) -> Reply {
    let body = format!(r#"{{"element":{{"key":"{key}"}},"name":"n"{members}}}"#);
    ce.ask(Request::post("/instances", body))
}

fn with_code(code: &str) -> String {
    format!(r#","providerData":{{"code":"{code}"}}"#)
}

/// Rules `oauth-url`, `oauth-url-form`: by key and by id, in both dialects; what is empty counts as unsent.
#[rstest]
#[case("/elements/sfdc/oauth/url")]
#[case("/elements/23/oauth/url")]
fn an_address_is_given_out(#[case] path: &str) {
    let mut ce: Core = service(&[]);
    let reply = ce.ask(open(&format!("{path}?{ASKED}&state=&scope=&subdomain=x")));
    assert_eq!(reply.verdict(), (200, "oauth-url"));
    let expected = concat!(
        r#"{"element":"sfdc","oauthUrl":"http://127.0.0.1:4010/oauth/authorize/sfdc?response_type=code&client_id=abc"#,
        r#"&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fback&state=sfdc"}"#
    );
    assert_eq!(reply.text(), expected);
    let with_state = address(&mut ce, &format!("{path}?{ASKED}&state=a%26b&scope=all"));
    assert!(
        with_state.ends_with("&state=a%26b&scope=all"),
        "{with_state}"
    );
    let path = path.replace("/elements/", "/your_moms/");
    let reply = ce.ask(open(&format!("{path}?{ASKED}")).your_mom());
    assert_eq!(reply.member("your_mom"), "sfdc");
}

/// Rule `oauth-url-post`: the same by a body, whose state is not looked at.
#[test]
fn an_address_is_given_out_for_a_body() {
    let body = r#"{"apiKey":"abc","apiSecret":"s3cret","callbackUrl":"http://localhost:8080/back","state":"x","isOAuthProxy":true}"#;
    let mut ce: Core = service(&[]);
    let post = Request::post("/elements/sfdc/oauth/url", body).header("host", "127.0.0.1:4010");
    let reply = ce.ask(post.without("authorization"));
    assert_eq!(reply.verdict(), (200, "oauth-url-post"));
    assert_eq!(
        reply.member("oauthUrl"),
        address(&mut ce, &format!("/elements/sfdc/oauth/url?{ASKED}"))
    );
}

/// Rules `oauth-url-bad`, `oauth-kind`, `oauth-token`, `oauth1-url`.
#[rstest]
#[case::nothing(
    "/elements/sfdc/oauth/url",
    400,
    "oauth-url-bad",
    "Missing required parameters: apiKey, apiSecret, callbackUrl"
)]
#[case::blank(
    "/elements/sfdc/oauth/url?apiKey=a&apiSecret=+&callbackUrl=c",
    400,
    "oauth-url-bad",
    "Missing required parameters: apiSecret"
)]
#[case::no_oauth(
    "/elements/twilio/oauth/url",
    400,
    "oauth-url-bad",
    "Element twilio does not use OAuth"
)]
#[case::no_oauth_default(
    "/elements/twilio/oauth/url/default",
    400,
    "oauth-url-bad",
    "Element twilio does not use OAuth"
)]
#[case::unknown(
    "/elements/nothing/oauth/url",
    404,
    "element-get",
    "No element found with key or id nothing"
)]
#[case::second_version(
    "/elements/sfdc/oauth/token?apiKey=a&apiSecret=b&callbackUrl=c",
    400,
    "oauth-token",
    "Element sfdc does not use OAuth 1, and only that has request tokens"
)]
#[case::first_version(
    "/elements/tripit/oauth/url?apiKey=a&apiSecret=b&callbackUrl=c",
    400,
    "oauth1-url",
    "requestToken is required for OAuth 1; oauth/token gives one"
)]
#[case::token_of_nobody(
    "/elements/tripit/oauth/token",
    400,
    "oauth-url-bad",
    "Missing required parameters: apiKey, apiSecret, callbackUrl"
)]
fn a_bad_client_is_refused(
    #[case] path: &str,
    #[case] status: u16,
    #[case] rule: &str,
    #[case] message: &str,
) {
    let reply = service::<Core>(&[]).ask(open(path));
    assert_eq!(
        (reply.verdict(), &*reply.message()),
        ((status, rule), message)
    );
}

/// Rule `oauth-url-default`: no client of one's own is needed.
#[test]
fn the_platform_has_a_client_of_its_own() {
    let mut ce: Core = service(&[]);
    let reply = ce.ask(open("/elements/sfdc/oauth/url/default"));
    assert_eq!(reply.verdict(), (200, "oauth-url-default"));
    let address = reply.member("oauthUrl");
    assert_eq!(
        parameter(&address, "redirect_uri").as_deref(),
        Some("https://auth.cloudelements.io/oauth")
    );
    let secret = |reply: &Reply| {
        reply
            .json()
            .get("configuration")
            .unwrap()
            .get("secret")
            .unwrap()
            .to_string()
    };
    assert!(secret(&reply).len() > 10);
    let reply = ce.ask(open(
        "/elements/tripit/oauth/url/default?oauth.callback.url=http://h/b",
    ));
    let address = reply.member("oauthUrl");
    assert_eq!(
        parameter(&address, "redirect_uri").as_deref(),
        Some("http://h/b")
    );
    assert!(parameter(&address, "oauth_token").is_some());
}

/// Rules `oauth-token`, `oauth1-url`, `consent-redirect`: the whole way of OAuth 1.
#[test]
fn the_first_version_goes_by_a_request_token() {
    let mut ce: Core = service(&[("oauth", "strict")]);
    let given = ce.ask(open(&format!("/elements/tripit/oauth/token?{ASKED}")));
    assert_eq!(given.verdict(), (200, "oauth-token"));
    let (token, secret) = (given.token(), given.member("secret"));
    let address = address(
        &mut ce,
        &format!("/elements/tripit/oauth/url?{ASKED}&requestToken={token}"),
    );
    assert_eq!(parameter(&address, "oauth_token").as_ref(), Some(&token));
    let back = follow(&mut ce, &address);
    assert_eq!(parameter(&back, "oauth_token").as_ref(), Some(&token));
    let verifier = parameter(&back, "oauth_verifier").unwrap();
    let data = format!(
        r#","providerData":{{"oauth_token":"{token}","oauth_verifier":"{verifier}","secret":"{secret}"}}"#
    );
    assert_eq!(create(&mut ce, "tripit", &data).status, 200);
}

/// Rules `consent-redirect`, `oauth-create`, `oauth-defaults`: from the address to the instance.
#[rstest]
#[case::any(&[])]
#[case::strict(&[("oauth", "strict")])]
fn consent_leads_to_an_instance(#[case] flags: &[(&str, &str)]) {
    walk::<Core>(flags);
    walk::<Server>(flags);
    #[cfg(feature = "cli")]
    walk::<crate::support::Binary>(flags);
}

fn walk<H: Harness>(flags: &[(&str, &str)]) {
    let mut ce: H = service(&[flags, &[("shape", "platform")]].concat());
    let address = address(
        &mut ce,
        &format!("/elements/sfdc/oauth/url?{ASKED}&state=a%26b"),
    );
    let back = follow(&mut ce, &address);
    assert!(
        back.starts_with("http://localhost:8080/back?code="),
        "{back}"
    );
    assert_eq!(parameter(&back, "state").as_deref(), Some("a&b"));
    let code = parameter(&back, "code").unwrap();
    assert_ne!(
        parameter(&follow(&mut ce, &address), "code").as_ref(),
        Some(&code)
    );
    let configuration = r#","configuration":{"oauth.api.key":"abc","oauth.api.secret":"s3cret"}"#;
    let created = create(&mut ce, "sfdc", &(with_code(&code) + configuration));
    assert_eq!(created.verdict(), (200, "create"));
    assert!(
        created
            .text()
            .contains(r#""oauth.api.key":"********","oauth.api.secret":"********""#)
    );
    assert!(!created.text().contains("providerData"));
}

/// Rule `consent-denied`.
#[rstest]
#[case("deny=true", "access_denied")]
#[case("error=server_error", "server_error")]
fn consent_may_be_denied(#[case] decision: &str, #[case] error: &str) {
    let mut ce: Core = service(&[]);
    let address = address(&mut ce, &format!("/elements/sfdc/oauth/url?{ASKED}"));
    let back = follow(&mut ce, &format!("{address}&{decision}"));
    assert_eq!(
        back,
        format!("http://localhost:8080/back?error={error}&state=sfdc")
    );
}

/// Rule `consent-redirect`: a browser is asked first, and the page's buttons lead back.
#[test]
fn a_browser_gets_a_page() {
    let mut ce: Core = service(&[]);
    let path = "/oauth/authorize/sfdc?redirect_uri=http://h/b&state=%3Cs%3E";
    let page = ce.ask(Request::raw("GET", path).header("accept", "text/html,*/*;q=0.8"));
    assert_eq!(page.verdict(), (200, "consent-redirect"));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.header("content-security-policy").is_some());
    assert!(page.text().contains("&lt;s&gt;") && !page.text().contains("<s>"));
    for (decision, query) in [("approve", "code="), ("deny", "error=")] {
        let pressed = Request::raw("GET", &format!("{path}&{decision}=true"));
        let reply = ce.ask(pressed.header("accept", "text/html"));
        assert_eq!(reply.status, 302);
        let back = reply.header("location").unwrap();
        assert!(back.starts_with(&format!("http://h/b?{query}")), "{back}");
    }
}

/// Rules `consent-redirect`, `oauth-url-bad`: nobody is sent where a browser must not go.
#[rstest]
#[case::nowhere("/oauth/authorize/sfdc", 400, "consent-redirect")]
#[case::script(
    "/oauth/authorize/sfdc?redirect_uri=javascript:alert(1)",
    400,
    "consent-redirect"
)]
#[case::no_host("/oauth/authorize/sfdc?redirect_uri=//evil/x", 400, "consent-redirect")]
#[case::header(
    "/oauth/authorize/sfdc?redirect_uri=http://h/%0d%0ax:y",
    400,
    "consent-redirect"
)]
#[case::no_oauth("/oauth/authorize/twilio?redirect_uri=http://h", 400, "oauth-url-bad")]
#[case::unknown("/oauth/authorize/nothing?redirect_uri=http://h", 404, "element-get")]
#[case::elsewhere("/oauth/authorize", 404, "unknown-route")]
#[case::below_the_base_path("/elements/api-v2/oauth/authorize/sfdc", 404, "unknown-route")]
fn a_visitor_is_sent_nowhere_else(#[case] path: &str, #[case] status: u16, #[case] rule: &str) {
    let reply = service::<Core>(&[]).ask(Request::raw("GET", path));
    assert_eq!(reply.verdict(), (status, rule));
    assert_eq!(reply.header("location"), None);
}

/// Rules `oauth-code-missing`, `oauth-code-instead`, `provider-data-any`, `oauth-create`.
#[rstest]
#[case::nothing("", 400, "oauth-code-missing")]
#[case::null(r#","providerData":null"#, 400, "oauth-code-missing")]
#[case::null_code(r#","providerData":{"code":null}"#, 400, "oauth-code-missing")]
#[case::other_member(r#","providerData":{"x":1}"#, 400, "oauth-code-missing")]
#[case::no_object(r#","providerData":"code""#, 400, "provider-data-any")]
#[case::object(r#","providerData":{"code":{"a":[1]},"x":null}"#, 200, "create")]
#[case::access_token(r#","providerData":{"access_token":"t"}"#, 200, "create")]
#[case::refresh_token(r#","providerData":{"refresh_token":"t"}"#, 200, "create")]
#[case::verifier(r#","providerData":{"oauth_verifier":"v"}"#, 200, "create")]
#[case::initial(
    r#","externalAuthentication":"initial","configuration":{"oauth.user.refresh_token":"t"}"#,
    200,
    "create"
)]
#[case::initial_without_token(r#","externalAuthentication":"initial""#, 400, "oauth-code-missing")]
#[case::token_without_initial(
    r#","configuration":{"oauth.user.refresh_token":"t"}"#,
    400,
    "oauth-code-missing"
)]
fn consent_is_demanded(#[case] members: &str, #[case] status: u16, #[case] rule: &str) {
    let reply = create(&mut service::<Core>(&[]), "sfdc", members);
    assert_eq!(reply.verdict(), (status, rule));
    if rule == "oauth-code-missing" {
        let message =
            "You must provide an OAuth code in order to create an instance of this element";
        assert_eq!(reply.message(), message);
    }
}

/// Rules `oauth-code-missing`, `oauth-kind`: members come first, and `typeOauth` demands nothing.
#[test]
fn consent_is_asked_for_last_and_of_oauth_elements_only() {
    let reply = service::<Core>(&[]).ask(Request::post("/elements/sfdc/instances", "{}"));
    assert_eq!(reply.verdict(), (400, "name-required"));
    let reply = service::<Core>(&[]).ask(Request::post("/instances", crate::support::twilio("n")));
    assert_eq!(reply.status, 200);
    let body = crate::support::twilio("n").replace("\"name\"", "\"providerData\":[],\"name\"");
    let reply = service::<Core>(&[]).ask(Request::post("/instances", body));
    assert_eq!(reply.verdict(), (400, "provider-data-any"));
}

/// Rule `oauth-reauth`: an update asks for nothing and takes what it is given.
#[test]
fn an_update_may_authenticate_anew() {
    let mut ce: Core = service(&[]);
    create(&mut ce, "sfdc", &with_code("c"));
    for body in ["{}", r#"{"providerData":{"code":"other"}}"#] {
        for method in ["PUT", "PATCH"] {
            let reply = ce.ask(Request::to(method, "/instances/1234").json(body));
            assert_eq!(reply.status, 200, "{method} {body}");
        }
    }
}

/// Rule `oauth-strict`: only a code of this server, for this element, once, for ten minutes.
#[test]
fn a_strict_server_takes_its_own_codes_only() {
    let mut ce: Core = service(&[("oauth", "strict")]);
    let address = address(&mut ce, &format!("/elements/sfdc/oauth/url?{ASKED}"));
    let code = |ce: &mut Core| parameter(&follow(ce, &address), "code").unwrap();
    let refused = |reply: Reply, reason: &str| {
        assert_eq!(reply.verdict(), (400, "oauth-strict"));
        assert!(reply.message().contains(reason), "{}", reply.message());
    };
    refused(
        create(&mut ce, "sfdc", &with_code("made-up")),
        "was not given out",
    );
    let first = code(&mut ce);
    refused(
        create(&mut ce, "box", &with_code(&first)),
        "for this element",
    );
    assert_eq!(create(&mut ce, "sfdc", &with_code(&first)).status, 200);
    refused(
        create(&mut ce, "sfdc", &with_code(&first)),
        "was used before",
    );
    let state = ce.ask(Request::raw("GET", "/__admin/state"));
    let used = state.json();
    let used = used
        .get("oauthCodes")
        .and_then(|codes| codes.get("used"))
        .and_then(Json::as_array);
    assert_eq!(used.map(<[_]>::len), Some(1));
    let restored = ce.ask(Request::raw("PUT", "/__admin/state").json(state.body.clone()));
    assert_eq!(restored.status, 200, "{}", restored.text());
    refused(
        create(&mut ce, "sfdc", &with_code(&first)),
        "was used before",
    );
    let (on_time, late) = (code(&mut ce), code(&mut ce));
    let at = |time: &str| {
        Request::raw("PUT", "/__admin/clock").json(format!(r#"{{"at":"2017-03-14T{time}Z"}}"#))
    };
    ce.ask(at("19:30:16"));
    assert_eq!(create(&mut ce, "sfdc", &with_code(&on_time)).status, 200);
    ce.ask(at("19:30:17"));
    refused(
        create(&mut ce, "sfdc", &with_code(&late)),
        "older than ten minutes",
    );
    let anew = ce.ask(Request::patch(
        "/instances/1234",
        r#"{"providerData":{"code":"made-up"}}"#,
    ));
    refused(anew, "was not given out");
}
