//! A row of the route table: everything that is to be known of one endpoint.

use std::borrow::Cow;

use bytes::Bytes;
use http::Method;
use http::header::ACCEPT;

use super::Emulator;
pub use super::call::Access;
use super::call::{Call, check_codings, check_content_type};
use super::outcome::Handled;
use super::path::Surface;
use crate::rules::{self, Rule};
use crate::wire::error::ApiError;
use crate::wire::media;
use crate::wire::message::{Body, Request};
use crate::wire::vocabulary::Dialect;

/// One endpoint.
pub struct Route {
    /// The verb.
    pub method: Method,
    /// The set of routes that it belongs to.
    pub surface: Surface,
    /// The path below the base path, in the `element` spelling: `"/instances/{id}"`.
    pub pattern: &'static str,
    /// The callers that are let in.
    pub access: Access,
    /// The rule that a success follows.
    pub rule: &'static Rule,
    /// The query parameters that it reads.
    pub query: &'static [Parameter],
    /// The body that it reads.
    pub body: Payload,
    /// One line for tables: `"one instance"`.
    pub summary: &'static str,
    pub(crate) handler: Handler,
}

/// Answers a request that was routed to it.
pub(crate) type Handler = fn(&Emulator, &Call<'_, '_>) -> Handled;

/// The body that an endpoint reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// None; one that is sent is ignored.
    Ignored,
    /// JSON; another media type is refused (rule `content-type`).
    Json,
    /// Whatever comes.
    Any,
}

/// One query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name, as it is spelled in the query.
    pub name: &'static str,
    /// The values that it takes.
    pub kind: ParameterKind,
    /// One line on what it does.
    pub summary: &'static str,
}

/// The values that a query parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// Any text.
    Text,
    /// Any text, more than once.
    Texts,
    /// A whole number between these two, both included.
    Number(u64, u64),
    /// `true` or `false`.
    Boolean,
}

impl Parameter {
    /// A parameter that takes any text.
    pub(crate) const fn text(name: &'static str, summary: &'static str) -> Self {
        Parameter {
            name,
            kind: ParameterKind::Text,
            summary,
        }
    }

    /// The same with values of another kind.
    pub(crate) const fn of(self, kind: ParameterKind) -> Self {
        Parameter { kind, ..self }
    }
}

impl Route {
    /// An endpoint of the emulated API.
    pub(crate) const fn api(
        method: Method,
        pattern: &'static str,
        access: Access,
        rule: &'static Rule,
        handler: Handler,
        summary: &'static str,
    ) -> Self {
        let body = match method {
            Method::POST | Method::PUT | Method::PATCH => Payload::Json,
            _ => Payload::Ignored,
        };
        Route {
            method,
            surface: Surface::Api,
            pattern,
            access,
            rule,
            query: &[],
            body,
            summary,
            handler,
        }
    }

    /// An endpoint of the control API.
    pub(crate) const fn control(
        method: Method,
        pattern: &'static str,
        handler: Handler,
        summary: &'static str,
    ) -> Self {
        let (access, rule) = (Access::Control, &rules::CONTROL);
        let mut route = Route::api(method, pattern, access, rule, handler, summary);
        route.surface = Surface::Control;
        route
    }

    /// A page outside of the base path, open to anybody.
    pub(crate) const fn page(
        method: Method,
        path: &'static str,
        rule: &'static Rule,
        handler: Handler,
        summary: &'static str,
    ) -> Self {
        let mut route = Route::api(method, path, Access::Open, rule, handler, summary);
        route.surface = Surface::Page;
        route
    }

    /// The same endpoint, which reads no body whatever its verb (rule `bodyless-verbs`).
    pub(crate) const fn without_body(mut self) -> Self {
        self.body = Payload::Ignored;
        self
    }

    /// The same endpoint with another body.
    pub(crate) const fn with_body(mut self, body: Payload) -> Self {
        self.body = body;
        self
    }

    /// The same endpoint with these query parameters.
    pub(crate) const fn with_query(mut self, query: &'static [Parameter]) -> Self {
        self.query = query;
        self
    }

    /// The whole path in the `element` dialect.
    #[must_use]
    pub fn full_path(&self) -> String {
        let base = self.surface.base_path(Dialect::Element);
        format!("{base}{}", self.pattern)
    }

    /// Checks the media types and the size of a request (rules `accept`, `content-type` and `too-large`, in this order).
    ///
    /// A page is no JSON, so a browser need not accept any.
    pub(crate) fn check_media(&self, request: &Request) -> Result<(), ApiError> {
        let accept = request.header_list(&ACCEPT);
        let is_refused =
            |accept: &Cow<'_, str>| self.surface != Surface::Page && !media::accepts_json(accept);
        if let Some(accept) = accept.filter(is_refused) {
            return Err(ApiError::not_acceptable(&accept));
        }
        if self.body == Payload::Json && request.body != Body::Whole(Bytes::new()) {
            check_content_type(request)?;
            check_codings(request)?;
        }
        match request.body {
            Body::TooLarge(limit) => Err(ApiError::too_large(limit)),
            Body::Whole(_) => Ok(()),
        }
    }
}
