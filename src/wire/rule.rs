//! A rule as `/__admin/rules` and `mock-ce rules --json` show it.

use super::json::{Json, object};
use crate::rules::Rule;

impl Rule {
    /// `{"id", "grade", "statement", "source"}`
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        object([
            ("id", self.id.into()),
            ("grade", self.grade.name().into()),
            ("statement", self.statement.into()),
            ("source", self.source.into()),
        ])
    }
}
