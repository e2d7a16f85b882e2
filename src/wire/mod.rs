//! What travels, spelled as the real API spells it; no behaviour.

pub mod json;
