//! An object or array while it is being read.

use crate::catalog::guide::tree::Member;

/// An object or array that is still open.
pub(super) struct Frame {
    pub(super) line: usize,
    pub(super) last: Last,
    /// The indentation of its members, once one has begun a line.
    pub(super) indent: Option<usize>,
    /// The value read last in here, if it was an object that its own brace closed.
    pub(super) closed: Option<Closed>,
    pub(super) kind: Kind,
    /// The members so far; the items of an array are members without a name.
    pub(super) members: Vec<Member>,
    /// A name whose value has not been read, and its line.
    pub(super) pending: Option<(String, usize)>,
}

/// The line where an object was closed, and the indentation of its members.
#[derive(Clone, Copy)]
pub(super) struct Closed {
    pub(super) line: usize,
    pub(super) indent: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Object,
}

/// The last thing read in an object or array.
#[derive(Clone, Copy)]
pub(super) enum Last {
    Nothing,
    Element,
    Comma { line: usize },
}

impl Frame {
    pub(super) fn new(line: usize, kind: Kind) -> Self {
        Frame {
            line,
            last: Last::Nothing,
            indent: None,
            closed: None,
            kind,
            members: Vec::new(),
            pending: None,
        }
    }

    pub(super) fn is_array(&self) -> bool {
        self.kind == Kind::Array
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.pending.is_none()
    }
}
