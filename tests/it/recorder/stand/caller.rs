//! A client, and what it was told.

use std::net::SocketAddr;

use http::Method;
use mock_ce::recorder::Client;
use mock_ce::wire::message::Reply;
use mock_ce::{Json, Request};

use super::text;

/// A client with secrets, which keeps what it was told.
pub(in crate::recorder) struct Caller {
    client: Client,
    user: String,
    organization: String,
    pub(in crate::recorder) transcript: Vec<Reply>,
}

impl Caller {
    pub(in crate::recorder) fn of(address: SocketAddr, user: &str, organization: &str) -> Self {
        Caller {
            client: Client::to(&format!("http://{address}"), &[]).unwrap(),
            user: user.to_owned(),
            organization: organization.to_owned(),
            transcript: Vec::new(),
        }
    }

    pub(in crate::recorder) fn call(&mut self, method: Method, path: &str, body: &str) -> Reply {
        let credentials = format!("User {}, Organization {}", self.user, self.organization);
        self.call_as(&credentials, method, path, body)
    }

    pub(in crate::recorder) fn call_as(
        &mut self,
        credentials: &str,
        method: Method,
        path: &str,
        body: &str,
    ) -> Reply {
        let target = format!("/elements/api-v2{path}");
        let mut request = Request::new(method, &target, body.to_owned());
        request = request.header("authorization", credentials);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let reply = self.client.send(&request).unwrap();
        self.transcript.push(reply.clone());
        reply
    }

    /// Everything that can be done with an instance; returns its token.
    pub(in crate::recorder) fn live(&mut self, name: &str) -> String {
        let created = self.call(Method::POST, "/instances", &mailjet(name));
        let token = member(&created, "token").as_str().unwrap().to_owned();
        let id = member(&created, "id").as_u64().unwrap();
        let instance = format!("/instances/{id}");
        self.call(Method::GET, &instance, "");
        self.call(Method::GET, "/instances?pageSize=5&searchText=mailjet", "");
        let by_token = format!("User {}, Element {token}", self.user);
        self.call_as(
            &by_token,
            Method::PUT,
            "/instances",
            r#"{"name": "Renamed"}"#,
        );
        self.call(Method::GET, &instance, "");
        self.call(Method::DELETE, &instance, "");
        self.call(Method::GET, &instance, "");
        self.call_as(&by_token, Method::DELETE, "/instances", "");
        self.call(Method::GET, "/elements/keys", "");
        token
    }
}

pub(in crate::recorder) fn mailjet(name: &str) -> String {
    format!(
        r#"{{"element":{{"key":"mailjet"}},"configuration":{{"mailjet.api.key":"key-of-a-client","mailjet.api.secret":"secret-of-a-client"}},"tags":["one"],"name":"{name}"}}"#
    )
}

pub(in crate::recorder) fn member(reply: &Reply, name: &str) -> Json<'static> {
    let body = Json::parse(&reply.body).unwrap_or_else(|_| panic!("{}", text(&reply.body)));
    body.get(name).unwrap().clone().into_owned()
}

/// Renders the parts of a transcript that two runs must share: status, headers that say something, body.
pub(in crate::recorder) fn shown(transcript: &[Reply]) -> String {
    let each = transcript.iter().map(|reply| {
        let counting = [
            "content-type",
            "allow",
            "elements-request-id",
            "elements-total-count",
        ];
        let headers = counting.map(|name| {
            reply
                .headers
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        });
        format!("{} {headers:?}\n{}\n", reply.status, text(&reply.body))
    });
    each.collect()
}
