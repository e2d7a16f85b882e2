//! A request as a test writes it.

use mock_ce::Dialect;

/// The credentials of a request that says nothing else.
pub(crate) const CALLER: &str = "User u, Organization o";

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// To exactly this target, without any header.
    pub(crate) fn raw(method: &str, target: &str) -> Self {
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// To a path below the base path, with credentials.
    pub(crate) fn to(method: &str, path: &str) -> Self {
        let target = format!("{}{path}", Dialect::Element.base_path());
        Request::raw(method, &target).header("authorization", CALLER)
    }

    pub(crate) fn get(path: &str) -> Self {
        Request::to("GET", path)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Request::to("DELETE", path)
    }

    pub(crate) fn post(path: &str, json: impl Into<Vec<u8>>) -> Self {
        Request::to("POST", path).json(json)
    }

    pub(crate) fn put(path: &str, json: impl Into<Vec<u8>>) -> Self {
        Request::to("PUT", path).json(json)
    }

    pub(crate) fn patch(path: &str, json: impl Into<Vec<u8>>) -> Self {
        Request::to("PATCH", path).json(json)
    }

    /// The same below the base path of `your_mom`; nothing but the base path changes.
    pub(crate) fn your_mom(mut self) -> Self {
        let below = self.target.strip_prefix(Dialect::Element.base_path());
        let below = below.expect("a target below the base path of `element`");
        self.target = format!("{}{below}", Dialect::YourMom.base_path());
        self
    }

    /// With other credentials.
    pub(crate) fn by(self, authorization: &str) -> Self {
        self.without("authorization")
            .header("authorization", authorization)
    }

    pub(crate) fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| name != header);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    /// A body of no declared type.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// As HTTP/1.1 text.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            text.push_str("host: mock\r\n");
        }
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        [text.into_bytes(), self.body.clone()].concat()
    }
}
