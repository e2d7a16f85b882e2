//! A JSON tree that remembers on which line of the guide each value stands, so that every doubt can be placed.

use std::borrow::Cow;

use crate::wire::json::Json;

/// A value and its line.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Anything without parts.
    Scalar(Json<'static>),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A member of an object; `line` is its name's.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) value: Node,
}

impl Node {
    pub(super) fn members(&self) -> &[Member] {
        if let Value::Object(members) = &self.value {
            members
        } else {
            &[]
        }
    }

    pub(super) fn into_members(self) -> Vec<Member> {
        match self.value {
            Value::Object(members) => members,
            _ => Vec::new(),
        }
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.name == name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.member(name).map(|member| &member.value)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        let Value::Object(members) = &mut self.value else {
            return None;
        };
        members
            .iter_mut()
            .find_map(|member| (member.name == name).then_some(&mut member.value))
    }

    pub(super) fn scalar(&self) -> Option<&Json<'static>> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Sets a member, in its place where there is one, else at `position`.
    pub(super) fn set(&mut self, name: &str, position: usize, value: Json<'static>) {
        let (line, value) = (self.line, Value::Scalar(value));
        if let Some(node) = self.get_mut(name) {
            node.value = value;
        } else if let Value::Object(members) = &mut self.value {
            let member = Member {
                name: name.to_owned(),
                line,
                value: Node { line, value },
            };
            members.insert(position.min(members.len()), member);
        }
    }

    /// The tree without its lines.
    pub(super) fn to_json(&self) -> Json<'static> {
        match &self.value {
            Value::Scalar(scalar) => scalar.clone(),
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|member| (Cow::Owned(member.name.clone()), member.value.to_json()))
                    .collect(),
            ),
        }
    }

    /// Replaces every name and every text by what `change` makes of it.
    pub(super) fn change_texts(&mut self, change: &impl Fn(&str) -> String) {
        match &mut self.value {
            Value::Scalar(Json::Text(text)) => *text = Cow::Owned(change(text)),
            Value::Scalar(_) => {}
            Value::Array(items) => items.iter_mut().for_each(|item| item.change_texts(change)),
            Value::Object(members) => {
                for member in members {
                    member.name = change(&member.name);
                    member.value.change_texts(change);
                }
            }
        }
    }
}
