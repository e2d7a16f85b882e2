//! A real browser for the tests of the inspection page: ChromeDriver, one session a test, and what it logged.

mod driver;
mod page;

pub use page::{Page, browse};
