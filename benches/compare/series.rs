//! A series of measurements, told as its median with the least and the greatest.

use std::fmt;

/// Measurements of one thing, ordered.
#[derive(Clone, Debug)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// # Panics
    /// When there is no measurement.
    pub(crate) fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        assert!(!values.is_empty(), "a series has at least one measurement");
        values.sort_by(f64::total_cmp);
        Series(values)
    }

    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 {
            self.0[middle]
        } else {
            (self.0[middle - 1] + self.0[middle]) / 2.0
        }
    }

    pub(crate) fn least(&self) -> f64 {
        self.0[0]
    }

    pub(crate) fn greatest(&self) -> f64 {
        self.0[self.0.len() - 1]
    }
}

/// `1.02 (0.97–1.08)`, with the precision of the format: `{:.2}`.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(0);
        write!(
            f,
            "{:.digits$} ({:.digits$}–{:.digits$})",
            self.median(),
            self.least(),
            self.greatest()
        )
    }
}
