//! The parameters that lists and analytics share: pages, the tokens that continue them, and moments.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::emulator::call::Call;
use crate::emulator::outcome::Outcome;
use crate::rules::Rule;
use crate::wire::error::{ApiError, clip};
use crate::wire::json::Json;
use crate::wire::time;
use crate::wire::vocabulary::{header, query};

/// The largest page, and the size of one that is not said.
pub(super) const MAX_PAGE_SIZE: usize = 200;

/// The page of a list that is short enough to be made as a whole.
pub(super) struct Paging {
    after: usize,
    size: usize,
}

impl Paging {
    /// Reads `pageSize` and `nextPage`; `rule` refuses what they cannot be.
    pub(super) fn parse(call: &Call<'_, '_>, rule: &'static Rule) -> Result<Self, ApiError> {
        let mut paging = Paging {
            after: 0,
            size: MAX_PAGE_SIZE,
        };
        for (name, value) in call.query() {
            match &*name {
                query::PAGE_SIZE => paging.size = page_size(&value, rule)?,
                query::NEXT_PAGE => paging.after = cursor_id(&value, rule)? as usize,
                _ => {}
            }
        }
        Ok(paging)
    }

    /// Answers with this page of all items.
    pub(super) fn answer(&self, rule: &'static Rule, items: Vec<Json<'_>>) -> Outcome {
        let end = self.after.saturating_add(self.size);
        let goes_on = items.len() > end;
        let page: Json<'_> = items.into_iter().skip(self.after).take(self.size).collect();
        let outcome = Outcome::json(rule, page.to_bytes());
        if goes_on {
            outcome.header(header::NEXT_PAGE, &cursor(end as u64))
        } else {
            outcome
        }
    }
}

/// The page of a list by ids that a query asks for.
pub(super) struct PageQuery {
    pub(super) size: usize,
    /// The id that the page before ended with.
    pub(super) after: Option<u64>,
}

impl PageQuery {
    /// Reads `pageSize` and `nextPage`; a size that is not said is `size`.
    pub(super) fn read(
        call: &Call<'_, '_>,
        rule: &'static Rule,
        size: usize,
    ) -> Result<Self, ApiError> {
        let mut page = PageQuery { size, after: None };
        for (name, value) in call.query() {
            match &*name {
                query::PAGE_SIZE => page.size = page_size(&value, rule)?,
                query::NEXT_PAGE => page.after = Some(cursor_id(&value, rule)?),
                _ => {}
            }
        }
        Ok(page)
    }
}

/// Reads the size of a page.
pub(super) fn page_size(value: &str, rule: &'static Rule) -> Result<usize, ApiError> {
    let size = value
        .parse()
        .ok()
        .filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
    size.ok_or_else(|| {
        let found = clip(value);
        let message =
            format!("pageSize must be a whole number from 1 to {MAX_PAGE_SIZE}, found {found:?}");
        ApiError::bad_request(rule, message)
    })
}

/// The opaque text that continues a list after this id or place.
pub(super) fn cursor(last: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("after:{last}"))
}

/// Reads such a text.
pub(super) fn cursor_id(cursor: &str, rule: &'static Rule) -> Result<u64, ApiError> {
    let decoded = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let last = decoded.and_then(|text| text.strip_prefix("after:")?.parse().ok());
    last.ok_or_else(|| {
        let message = "nextPage is not a token of this API; send the header elements-next-page-token of the page before";
        ApiError::bad_request(rule, message)
    })
}

/// Reads a moment in a query parameter.
pub(super) fn moment(name: &str, value: &str, rule: &'static Rule) -> Result<u64, ApiError> {
    time::parse(value).ok_or_else(|| {
        let found = clip(value);
        let message =
            format!("{name} must be a date such as 2018-07-31T19:39:46Z, found {found:?}");
        ApiError::bad_request(rule, message)
    })
}
