//! An instance as a test sees it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_core::de::Error as _;
use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::json::document::Document;
use crate::wire::json::{Json, Members, object};

/// A provisioned instance, as the server holds it: nothing is masked here.
///
/// As JSON, and so with serde: `{"id", "organization", "element", "token", "name", "tags", "configuration", "created",
/// "updated"}`, the times in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// The id: 1234.
    pub id: u64,
    /// The secret of the organization that it belongs to.
    pub organization: String,
    /// The key of its element: `"mailjet"`.
    pub element: String,
    /// Its token, as the creation returned it.
    pub token: String,
    /// Its name, without HTML tags.
    pub name: String,
    /// Its tags as sent; empty when none were.
    pub tags: Vec<String>,
    /// Its configuration entries, values as text.
    pub configuration: BTreeMap<String, String>,
    /// When it was created.
    pub created: SystemTime,
    /// When it was last changed.
    pub updated: SystemTime,
}

impl Instance {
    /// The shape that the type's documentation gives.
    #[must_use]
    pub fn to_json(&self) -> Json<'_> {
        let time = |time| humantime::format_rfc3339_millis(time).to_string();
        let entries = self.configuration.iter();
        let entries: Members<'_> = entries
            .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
            .collect();
        object([
            ("id", self.id.into()),
            ("organization", self.organization.as_str().into()),
            ("element", self.element.as_str().into()),
            ("token", self.token.as_str().into()),
            ("name", self.name.as_str().into()),
            (
                "tags",
                self.tags.iter().map(|tag| tag.as_str().into()).collect(),
            ),
            ("configuration", Json::Object(entries)),
            ("created", time(self.created).into()),
            ("updated", time(self.updated).into()),
        ])
    }

    fn read(json: &Json<'_>) -> Result<Self, String> {
        let known = [
            "id",
            "organization",
            "element",
            "token",
            "name",
            "tags",
            "configuration",
            "created",
            "updated",
        ];
        let document = Document::read(json, "", &known)?;
        let text = |name| document.required_text(name).map(str::to_owned);
        let time = |name| {
            let moment = document.moment(name)?;
            moment.ok_or_else(|| format!("{name} is required"))
        };
        let tags = document.array("tags")?.iter().map(|tag| {
            let text = tag.as_str().ok_or("tags must be texts")?;
            Ok::<_, &str>(text.to_owned())
        });
        let entries = document.object("configuration")?.into_iter().flatten();
        let entries = entries.map(|(key, value)| {
            let value = value.as_str().ok_or("configuration must have texts")?;
            Ok::<_, &str>((key.to_string(), value.to_owned()))
        });
        Ok(Instance {
            id: document.required_whole("id")?,
            organization: text("organization")?,
            element: text("element")?,
            token: text("token")?,
            name: text("name")?,
            tags: tags.collect::<Result<_, _>>()?,
            configuration: entries.collect::<Result<_, _>>()?,
            created: time("created")?,
            updated: time("updated")?,
        })
    }
}

impl Serialize for Instance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Instance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Instance::read(&json).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_survives_serde() {
        let instance = Instance {
            id: 1234,
            organization: "o".to_owned(),
            element: "mailjet".to_owned(),
            token: "t=".to_owned(),
            name: "n".to_owned(),
            tags: vec!["a".to_owned()],
            configuration: [("k".to_owned(), "v".to_owned())].into(),
            created: std::time::UNIX_EPOCH,
            updated: std::time::UNIX_EPOCH,
        };
        let text = serde_json::to_string(&instance).unwrap();
        assert_eq!(serde_json::from_str::<Instance>(&text).unwrap(), instance);
    }
}
