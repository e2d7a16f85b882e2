//! The report on a request that a cassette does not have.

use std::fmt;

use super::difference::Difference;
use crate::wire::error::clip;

/// The most differences that are shown of one recorded request.
pub(super) const MAX_SHOWN: usize = 3;

/// A request that the cassette does not have, and what it has instead.
#[derive(Clone, Debug)]
pub struct Miss {
    pub(super) target: String,
    /// The number of times it was recorded, if it was.
    pub(super) recorded: Option<usize>,
    pub(super) near: Vec<Near>,
}

#[derive(Clone, Debug)]
pub(super) struct Near {
    pub(super) number: usize,
    pub(super) request: String,
    /// The first ones, no more than are shown.
    pub(super) differences: Vec<Difference>,
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = clip(&self.target);
        if let Some(count) = self.recorded {
            return write!(
                f,
                "{target} was recorded {}, and each has been replayed; record more of them, repeat the last \
                 (--repeat last), or rewind the cassette",
                match count {
                    1 => "once".to_owned(),
                    count => format!("{count} times"),
                }
            );
        }
        write!(f, "{target} is not recorded like this")?;
        if self.near.is_empty() {
            return f.write_str("; the cassette is empty");
        }
        f.write_str("; nearest recorded:")?;
        for near in &self.near {
            write!(f, " [{}] {}", near.number, clip(&near.request))?;
            if near.request != self.target {
                f.write_str(" (another request)")?;
            }
            for difference in &near.differences {
                write!(f, " ({difference})")?;
            }
            f.write_str(";")?;
        }
        f.write_str(" numbers are those of the cassette")
    }
}

impl std::error::Error for Miss {}
