//! A reply as a test reads it.

use mock_ce::Json;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(header, _)| header == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert_eq!(values.next(), None, "{name} comes once");
        value
    }

    /// The rule that decided.
    pub(crate) fn rule(&self) -> &str {
        let because = self.header("mock-ce-because").expect("mock-ce-because");
        because.split(';').next().unwrap()
    }

    /// Status and rule, which is what most tests are about.
    pub(crate) fn verdict(&self) -> (u16, &str) {
        (self.status, self.rule())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Json<'_> {
        Json::parse(&self.body).unwrap_or_else(|problem| panic!("{problem}: {}", self.text()))
    }

    /// The text of a member of the body.
    pub(crate) fn member(&self, name: &str) -> String {
        let body = self.json();
        let value = body.get(name).unwrap_or_else(|| panic!("{name} in {body}"));
        value.as_str().unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> u64 {
        self.json().get("id").and_then(Json::as_u64).unwrap()
    }

    pub(crate) fn token(&self) -> String {
        self.member("token")
    }

    /// The message of an error, after a look at the shape that every error has.
    pub(crate) fn message(&self) -> String {
        self.assert_error_shape();
        self.member("message")
    }

    /// The ids of a list.
    pub(crate) fn ids(&self) -> Vec<u64> {
        assert_eq!(self.status, 200, "{}", self.text());
        let list = self.json();
        let id = |item: &Json<'_>| item.get("id").and_then(Json::as_u64).unwrap();
        list.as_array().unwrap().iter().map(id).collect()
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }

    /// Rules `error-body`, `request-id`, on every error that any test sees.
    pub(crate) fn assert_error_shape(&self) {
        assert!(self.status >= 400, "{} {}", self.status, self.text());
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.json();
        let members: Vec<_> = body
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, _)| &**name)
            .collect();
        assert_eq!(members, ["requestId", "message"]);
        let id = self.member("requestId");
        assert!(
            id.len() == 24 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
            "{id}"
        );
        assert_eq!(self.header("elements-request-id"), Some(&*id));
        assert_ne!(self.member("message"), "");
    }
}
