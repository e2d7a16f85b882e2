// The client of the recipes, which stands for your own code. It takes the base URL as its setting.

/// Sends one request as the organization `o`; its status, or `None` where no reply came.
pub fn ask(url: &str, method: &str, path: &str, body: &str) -> Option<u16> {
    ask_as("User u, Organization o", url, method, path, body)
}

/// The same with other credentials.
pub fn ask_as(credentials: &str, url: &str, method: &str, path: &str, body: &str) -> Option<u16> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let agent = ureq::Agent::from(agent);
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{url}{path}"))
        .header("authorization", credentials);
    let reply = match body {
        "" => agent.run(request.body(()).unwrap()),
        _ => agent.run(
            request
                .header("content-type", "application/json")
                .body(body)
                .unwrap(),
        ),
    };
    reply.ok().map(|reply| reply.status().as_u16())
}

/// Creates an instance of `mailjet`.
pub fn provision(url: &str) -> Option<u16> {
    ask(url, "POST", "/instances", MAILJET)
}

pub const MAILJET: &str = r#"{"element": {"key": "mailjet"}, "name": "Test",
    "configuration": {"mailjet.api.key": "k", "mailjet.api.secret": "s"}}"#;
