//! One table of cases for three harnesses: the core without a socket, a server in this process, the binary.
//!
//! A case is a conversation with a fresh server. Seed and clock are set, so the replies of all three are the same to
//! the byte, request ids and tokens included.

mod client_day;
mod events;
mod table;

use super::support::{Core, Flags, Harness, Reply, Request, Server};
use table::cases;

struct Case {
    name: &'static str,
    flags: Flags<'static>,
    steps: Vec<Step>,
}

struct Step {
    request: Request,
    status: u16,
    rule: &'static str,
    body: Body,
}

enum Body {
    Empty,
    /// Exactly this text.
    Is(&'static str),
    /// An error whose message is exactly this text.
    Says(&'static str),
    /// Some text that has all of these.
    Has(&'static [&'static str]),
}

fn step(request: Request, status: u16, rule: &'static str, body: Body) -> Step {
    Step {
        request,
        status,
        rule,
        body,
    }
}

fn case(name: &'static str, flags: Flags<'static>, steps: impl Into<Vec<Step>>) -> Case {
    Case {
        name,
        flags,
        steps: steps.into(),
    }
}

const ALIKE: [(&str, &str); 2] = [("seed", "7"), ("clock", "2017-03-14T19:20:16Z")];

/// Runs every case; all replies, as far as they come from the core.
fn run<H: Harness>() -> Vec<Reply> {
    let mut replies = Vec::new();
    for Case { name, flags, steps } in cases() {
        let mut ce = H::start(&[flags, &ALIKE].concat());
        let (mut token, mut next) = (String::new(), String::new());
        for (
            number,
            Step {
                request,
                status,
                rule,
                body,
            },
        ) in steps.into_iter().enumerate()
        {
            let reply = ce.ask(filled(request, &token, &next));
            let told = format!(
                "{name}, step {}: {} {}",
                number + 1,
                reply.status,
                reply.text()
            );
            assert_eq!(reply.verdict(), (status, rule), "{told}");
            check(&body, &reply, &token, &told);
            if rule == "create" && status == 200 {
                token = reply.token();
            }
            if let Some(token) = reply.header("elements-next-page-token") {
                next = token.to_owned();
            }
            replies.push(without_the_rims_headers(reply));
        }
    }
    replies
}

fn filled(mut request: Request, token: &str, next: &str) -> Request {
    request.target = request.target.replace("{next}", next);
    for (_, value) in &mut request.headers {
        *value = value.replace("{token}", token);
    }
    request
}

fn check(expected: &Body, reply: &Reply, token: &str, told: &str) {
    match expected {
        Body::Empty => assert_eq!(reply.text(), "", "{told}"),
        Body::Is(text) => assert_eq!(reply.text(), *text, "{told}"),
        Body::Says(message) => assert_eq!(reply.message(), *message, "{told}"),
        Body::Has(texts) => {
            for text in *texts {
                assert!(
                    reply.text().contains(&text.replace("{token}", token)),
                    "{text} in {told}"
                );
            }
        }
    }
}

fn without_the_rims_headers(mut reply: Reply) -> Reply {
    reply.headers.retain(|(name, _)| name != "content-length");
    reply.headers.sort();
    reply
}

#[test]
fn the_core_answers_every_case() {
    assert!(run::<Core>().len() > 40);
}

#[test]
fn a_server_in_process_answers_every_case_as_the_core_does() {
    assert_eq!(run::<Server>(), run::<Core>());
}

#[cfg(feature = "cli")]
#[test]
fn the_binary_answers_every_case_as_the_core_does() {
    assert_eq!(run::<super::support::Binary>(), run::<Core>());
}
