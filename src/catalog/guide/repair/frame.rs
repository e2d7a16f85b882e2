//! An object or array while it is being read.

use crate::catalog::guide::tree::{Member, Node};

/// An object or array that is still open.
pub(super) struct Frame {
    pub(super) line: usize,
    pub(super) last: Last,
    /// The indentation of its members, once one has begun a line.
    pub(super) indent: Option<usize>,
    /// The value read last in here, if it was an object that its own brace closed.
    pub(super) closed: Option<Closed>,
    pub(super) shape: Shape,
}

/// Where an object was closed, and how far its members are indented.
#[derive(Clone, Copy)]
pub(super) struct Closed {
    pub(super) line: usize,
    pub(super) indent: Option<usize>,
}

pub(super) enum Shape {
    Array(Vec<Node>),
    Object {
        members: Vec<Member>,
        pending: Option<(String, usize)>,
    },
}

/// The last thing read in an object or array.
#[derive(Clone, Copy)]
pub(super) enum Last {
    Nothing,
    Element,
    Comma { line: usize },
}

impl Frame {
    pub(super) fn object(line: usize) -> Self {
        Frame::new(
            line,
            Shape::Object {
                members: Vec::new(),
                pending: None,
            },
        )
    }

    pub(super) fn array(line: usize) -> Self {
        Frame::new(line, Shape::Array(Vec::new()))
    }

    pub(super) fn new(line: usize, shape: Shape) -> Self {
        Frame {
            line,
            last: Last::Nothing,
            indent: None,
            closed: None,
            shape,
        }
    }

    pub(super) fn is_array(&self) -> bool {
        matches!(self.shape, Shape::Array(_))
    }

    /// Whether a name has been read and its value has not.
    pub(super) fn is_pending(&self) -> bool {
        matches!(
            self.shape,
            Shape::Object {
                pending: Some(_),
                ..
            }
        )
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.shape {
            Shape::Array(items) => items.is_empty(),
            Shape::Object { members, pending } => members.is_empty() && pending.is_none(),
        }
    }
}
