//! Which elements exist and what each of them demands.

pub mod fixture;
pub mod guide;
