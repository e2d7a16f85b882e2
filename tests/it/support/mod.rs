//! Support that lets a test read as request, reply: the two values, and three ways from one to the other.

#[cfg(feature = "cli")]
mod binary;
mod client;
pub(crate) mod described;
mod document;
mod harness;
mod payload;
mod reply;
mod request;

#[cfg(feature = "cli")]
pub(crate) use binary::{Binary, Process, first_line};
pub(crate) use client::Client;
pub(crate) use document::Document;
pub(crate) use harness::{Core, Flags, Harness, Server};
pub(crate) use payload::{mailjet, sendgrid, twilio};
pub(crate) use reply::Reply;
pub(crate) use request::Request;
