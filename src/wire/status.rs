//! A status, as a number or as the type of the `http` crate.

use http::StatusCode;

/// A status of an answer: a `u16` or an [`http::StatusCode`]; whoever takes it says which ones it takes.
pub trait Status: sealed::Sealed {
    /// The number: 404.
    fn number(&self) -> u16;
}

impl Status for u16 {
    fn number(&self) -> u16 {
        *self
    }
}

impl Status for StatusCode {
    fn number(&self) -> u16 {
        self.as_u16()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u16 {}
    impl Sealed for http::StatusCode {}
}
