//! A transformation at work: members of a row under the names that an instance's own object gives them (rules
//! `transformation-rows`, `transformation-field-config`, `transformation-vendor-names`).

use std::borrow::Cow;

use crate::wire::json::{Json, Members};

/// Stands where a row lacks what a transformation reads, so that any mapping can be tested.
const LACKING: &str = "transformed";

/// A transformation, ready to be applied.
pub(super) struct Mapping {
    /// The resource whose rows are read.
    pub(super) vendor_name: String,
    fields: Vec<Field>,
    unmapped: Unmapped,
}

/// The showing of members that no field maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unmapped {
    Shown,
    Left,
}

struct Field {
    path: Vec<Step>,
    vendor_path: Vec<Step>,
    is_removed: bool,
}

/// One step of a path: `users[*]` goes into every item.
struct Step {
    name: String,
    into_items: bool,
}

impl Mapping {
    /// Reads a transformation as it is kept.
    pub(super) fn read(json: &Json<'_>) -> Self {
        let fields = json.get("fields").and_then(Json::as_array);
        let vendor_name = json.get("vendorName").and_then(Json::as_str);
        Mapping {
            vendor_name: vendor_name.unwrap_or_default().to_owned(),
            fields: fields
                .unwrap_or_default()
                .iter()
                .filter_map(Field::read)
                .collect(),
            unmapped: if is_kept_out(json) {
                Unmapped::Left
            } else {
                Unmapped::Shown
            },
        }
    }

    /// A row as the instance's own object shows it.
    pub(super) fn apply<'a>(&self, row: Json<'a>) -> Json<'a> {
        let mut shown = match self.unmapped {
            Unmapped::Shown => row.clone(),
            Unmapped::Left => Json::Object(Vec::new()),
        };
        for field in &self.fields {
            if field.is_removed {
                remove(&mut shown, &field.path);
            } else {
                let value = get(&row, &field.vendor_path, loose_child);
                let value = value.unwrap_or_else(|| LACKING.into());
                set(&mut shown, &field.path, value);
            }
        }
        shown
    }

    /// Renames the members that a caller sent as the resource names them; `documented` knows the spelling of its members.
    pub(super) fn undo<'a>(&self, sent: Members<'a>, documented: &Json<'_>) -> Members<'a> {
        let sent = Json::Object(sent);
        let value = |field: &Field| get(&sent, &field.path, |json, name| json.get(name));
        let fields = self.fields.iter();
        let moved: Vec<_> = fields
            .filter_map(|field| Some((field, value(field)?)))
            .collect();
        // All are taken away before the first is put in its place: two fields may change their names.
        let mut body = sent;
        for (field, _) in &moved {
            remove(&mut body, &field.path);
        }
        for (field, value) in moved {
            set(&mut body, &spelled(&field.vendor_path, documented), value);
        }
        match body {
            Json::Object(members) => members,
            _ => Members::new(),
        }
    }
}

impl Field {
    fn read(json: &Json<'_>) -> Option<Self> {
        let path = json.get("path")?.as_str()?;
        let vendor_path = json
            .get("vendorPath")
            .and_then(Json::as_str)
            .unwrap_or(path);
        Some(Field {
            path: steps(path),
            vendor_path: steps(vendor_path),
            is_removed: is_kept_out(json),
        })
    }
}

/// A row with a value for each field of an object's definition.
pub(in crate::emulator::service) fn sample_row(definition: &Json<'_>) -> Json<'static> {
    let fields = definition.get("fields").and_then(Json::as_array);
    let mut row = Json::Object(Vec::new());
    for field in fields.unwrap_or_default() {
        let text = |member| field.get(member).and_then(Json::as_str);
        let value = match text("type").unwrap_or_default() {
            "boolean" => Json::Bool(false),
            "integer" | "int" | "long" => 0_u64.into(),
            "number" | "float" | "double" => Json::parse(b"0.5").expect("it is a number"),
            "array" => Json::Array(Vec::new()),
            "object" => Json::Object(Vec::new()),
            _ => Json::Null,
        };
        set(&mut row, &steps(text("path").unwrap_or_default()), value);
    }
    row
}

/// Tells if a `configuration` keeps out what comes from the provider.
fn is_kept_out(json: &Json<'_>) -> bool {
    let all = json.get("configuration").and_then(Json::as_array);
    all.unwrap_or_default().iter().any(|one| {
        let from_vendor = one.get("properties").and_then(|all| all.get("fromVendor"));
        let kind = one.get("type").and_then(Json::as_str);
        match from_vendor.and_then(Json::as_bool) {
            Some(is_removed) if kind == Some("remove") => is_removed,
            Some(passes) if kind == Some("passThrough") => !passes,
            _ => false,
        }
    })
}

/// `users[*].name`
fn steps(path: &str) -> Vec<Step> {
    let step = |text: &str| {
        let items = text.strip_suffix("[*]");
        Step {
            name: items.unwrap_or(text).to_owned(),
            into_items: items.is_some(),
        }
    };
    path.split('.').map(step).collect()
}

fn spelled(path: &[Step], documented: &Json<'_>) -> Vec<Step> {
    let mut row = Some(documented);
    let spelled = path.iter().map(|Step { name, into_items }| {
        let known = row.and_then(|row| child(row, name));
        row = known.map(|(_, value)| value);
        let name = known.map_or(name.as_str(), |(known, _)| known);
        Step {
            name: name.to_owned(),
            into_items: *into_items,
        }
    });
    spelled.collect()
}

/// The member of this name; case and a plural `s` do not count.
fn child<'v, 'a>(value: &'v Json<'a>, name: &str) -> Option<(&'v str, &'v Json<'a>)> {
    let members = || value.as_object().into_iter().flatten();
    let exact = members().find(|(known, _)| known == name);
    let found = exact.or_else(|| members().find(|(known, _)| loose(known).eq(loose(name))));
    found.map(|(known, value)| (&**known, value))
}

/// A name as [`child`] compares it.
fn loose(name: &str) -> impl Iterator<Item = char> {
    let singular = name.trim_end_matches(['s', 'S']);
    singular.chars().flat_map(char::to_lowercase)
}

/// The member of a value, by one of the two ways to compare a name.
type Child = for<'v, 'a> fn(&'v Json<'a>, &str) -> Option<&'v Json<'a>>;

fn loose_child<'v, 'a>(value: &'v Json<'a>, name: &str) -> Option<&'v Json<'a>> {
    child(value, name).map(|(_, found)| found)
}

fn get<'a>(value: &Json<'a>, path: &[Step], child: Child) -> Option<Json<'a>> {
    let Some((step, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    let found = child(value, &step.name)?;
    if !step.into_items {
        return get(found, rest, child);
    }
    let items = found.as_array()?.iter();
    Some(
        items
            .map(|item| get(item, rest, child).unwrap_or_else(|| LACKING.into()))
            .collect(),
    )
}

fn set<'a>(target: &mut Json<'a>, path: &[Step], value: Json<'a>) {
    let Some((step, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    let slot = slot(target, &step.name);
    if !step.into_items {
        return set(slot, rest, value);
    }
    let values = match value {
        Json::Array(values) => values,
        one => vec![one],
    };
    if slot
        .as_array()
        .is_none_or(|items| items.len() != values.len())
    {
        *slot = values.iter().map(|_| Json::Null).collect();
    }
    if let Json::Array(items) = slot {
        items
            .iter_mut()
            .zip(values)
            .for_each(|(item, value)| set(item, rest, value));
    }
}

/// The place of a member, made if need be.
fn slot<'s, 'a>(target: &'s mut Json<'a>, name: &str) -> &'s mut Json<'a> {
    if target.as_object().is_none() {
        *target = Json::Object(Vec::new());
    }
    let Json::Object(members) = target else {
        unreachable!("it was just made an object");
    };
    let known = members.iter().position(|(known, _)| known == name);
    let at = known.unwrap_or_else(|| {
        members.push((Cow::Owned(name.to_owned()), Json::Null));
        members.len() - 1
    });
    &mut members[at].1
}

fn remove(target: &mut Json<'_>, path: &[Step]) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    let Json::Object(members) = target else {
        return;
    };
    if rest.is_empty() {
        members.retain(|(known, _)| *known != step.name);
        return;
    }
    let found = members.iter_mut().find(|(known, _)| *known == step.name);
    match found {
        Some((_, Json::Array(items))) => items.iter_mut().for_each(|item| remove(item, rest)),
        Some((_, value)) => remove(value, rest),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn applied(transformation: &str, row: &str) -> String {
        let mapping = Mapping::read(&Json::parse(transformation.as_bytes()).unwrap());
        mapping
            .apply(Json::parse(row.as_bytes()).unwrap())
            .to_string()
    }

    /// Rules `transformation-rows`, `transformation-field-config`, `transformation-vendor-names`.
    #[rstest]
    #[case::kept_under_both_names(
        r#"{"fields": [{"path": "idTransformed", "vendorPath": "id"}]}"#,
        r#"{"id":1,"idTransformed":1}"#
    )]
    #[case::nested(
        r#"{"fields": [{"path": "a.b", "vendorPath": "ID"}]}"#,
        r#"{"id":1,"a":{"b":1}}"#
    )]
    #[case::lacking(
        r#"{"fields": [{"path": "x", "vendorPath": "y.z"}]}"#,
        r#"{"id":1,"x":"transformed"}"#
    )]
    #[case::mapped_members_alone(
        r#"{"fields": [{"path": "x", "vendorPath": "ids"}],
            "configuration": [{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}]}"#,
        r#"{"x":1}"#
    )]
    #[case::removed(
        r#"{"fields": [{"path": "id", "configuration": [{"type": "remove", "properties": {"fromVendor": true}}]}]}"#,
        "{}"
    )]
    fn a_row_is_transformed(#[case] transformation: &str, #[case] expected: &str) {
        assert_eq!(applied(transformation, r#"{"id":1}"#), expected);
    }

    /// Rule `transformation-field-config`: arrays are mapped item by item.
    #[test]
    fn items_of_arrays_are_mapped() {
        let transformation = r#"{"fields": [{"path": "users[*].displayNamez", "vendorPath": "Users[*].DisplayName"}]}"#;
        let row = r#"{"users":[{"displayName":"a"},{"displayName":"b"}]}"#;
        assert_eq!(
            applied(transformation, row),
            r#"{"users":[{"displayName":"a","displayNamez":"a"},{"displayName":"b","displayNamez":"b"}]}"#
        );
    }

    /// Rule `transformation-vendor-names`: what is sent goes back to where it comes from, as the row spells it.
    #[test]
    fn what_is_sent_is_mapped_back() {
        let transformation = br#"{"fields": [{"path": "title", "vendorPath": "NAME"}]}"#;
        let mapping = Mapping::read(&Json::parse(transformation).unwrap());
        let sent = Json::parse(br#"{"title": "x", "other": 1}"#).unwrap();
        let documented = Json::parse(br#"{"name": "n"}"#).unwrap();
        let undone = mapping.undo(sent.as_object().unwrap().clone(), &documented);
        assert_eq!(
            Json::Object(undone).to_string(),
            r#"{"other":1,"name":"x"}"#
        );
    }

    /// Rule `transformation-vendor-names`: each value goes where its field says, and only one that was sent so.
    #[rstest]
    #[case::names_that_change_places(
        r#"[{"path": "a", "vendorPath": "b"}, {"path": "b", "vendorPath": "a"}]"#,
        r#"{"a":1,"b":2}"#,
        r#"{"b":1,"a":2}"#
    )]
    #[case::another_name(
        r#"[{"path": "user", "vendorPath": "id"}]"#,
        r#"{"users":1}"#,
        r#"{"users":1}"#
    )]
    fn each_value_is_mapped_back_once(
        #[case] fields: &str,
        #[case] sent: &str,
        #[case] expected: &str,
    ) {
        let transformation = format!(r#"{{"fields": {fields}}}"#);
        let mapping = Mapping::read(&Json::parse(transformation.as_bytes()).unwrap());
        let sent = Json::parse(sent.as_bytes()).unwrap();
        let undone = mapping.undo(sent.as_object().unwrap().clone(), &Json::Null);
        assert_eq!(Json::Object(undone).to_string(), expected);
    }
}
