//! Reference pages: they exist in the documentation only.
//!
//! Two more pages stand where their code is: [`crate::cassette`] says what a recording keeps, and [`crate::catalog`]
//! what the catalog is made of.

#[doc = include_str!("cookbook.md")]
pub mod cookbook {}

#[doc = include_str!("words.md")]
pub mod words {}

#[doc = include_str!("coming_from.md")]
pub mod coming_from {}

#[doc = include_str!("endpoints.md")]
pub mod endpoints {}

#[doc = include_str!("rules.md")]
pub mod rules {}

#[doc = include_str!("control.md")]
pub mod control {}

#[doc = include_str!("failing.md")]
pub mod failing {}

#[doc = include_str!("steering.md")]
pub mod steering {}

#[doc = include_str!("openapi.md")]
pub mod openapi {}

#[doc = include_str!("service.md")]
pub mod service {}

#[doc = include_str!("elements.md")]
pub mod elements {}
#[doc = include_str!("https.md")]
pub mod https {}

#[doc = include_str!("examples.md")]
pub mod examples {}

#[doc = include_str!("fixtures.md")]
pub mod fixtures {}

#[doc = include_str!("attacks.md")]
pub mod attacks {}
