//! The rows of instances' resources (rule `generic-verbs`), each kept as the JSON text that it is.
//!
//! A table is made when it is first asked for, so an instance costs nothing until its first resource call. Rows are
//! numbered in the order of their creation; the number is also what a row's id says, so a page begins where a range of
//! numbers begins, however many rows stand before it.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::Arc;

use super::Restoration;
use super::partition::{Part, Partition};
use crate::wire::json::document::{Document, Reading};
use crate::wire::json::{Json, Members, object};

/// One row as JSON text.
pub(crate) type Row = Arc<[u8]>;

/// An organization's oldest rows go first when it has more rows or bytes than these.
const MAX_ROWS: usize = 1 << 20;
const MAX_BYTES: usize = 1 << 28;

/// The address of a table: the instance, and the path without its first slash (`accounts/1/notes`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    pub(crate) organization: &'a str,
    pub(crate) instance: u64,
    pub(crate) path: &'a str,
}

/// The rows of one organization.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// By instance and by path.
    tables: BTreeMap<u64, BTreeMap<Box<str>, Table>>,
    rows: usize,
    bytes: usize,
    dropped: u64,
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    rows: BTreeMap<u64, Row>,
}

impl Partition<Rows> {
    /// Makes the table with these rows, unless it is there.
    pub(crate) fn seed(&self, at: &Address<'_>, rows: impl FnOnce() -> Vec<Row>) {
        let is_there = |part: &Rows| part.table(at).map(|_| ());
        if self.look(at.organization, is_there).is_some() {
            return;
        }
        let seeded = rows();
        self.change(at.organization, |part| {
            // Somebody else may have made it in the meantime.
            if part.table(at).is_some() {
                return;
            }
            part.table_mut(at);
            for row in seeded {
                let number = part.next_number(at);
                part.put(at, number, row);
                part.evict(at, number, MAX_ROWS, MAX_BYTES);
            }
        });
    }

    /// The number of the next row, which nobody else gets.
    pub(crate) fn next_number(&self, at: &Address<'_>) -> u64 {
        self.change(at.organization, |part| part.next_number(at))
    }

    /// Keeps a row; the oldest go when there are too many.
    pub(crate) fn put(&self, at: &Address<'_>, number: u64, row: Row) {
        self.change(at.organization, |part| {
            part.put(at, number, row);
            part.evict(at, number, MAX_ROWS, MAX_BYTES);
        });
    }

    pub(crate) fn get(&self, at: &Address<'_>, number: u64) -> Option<Row> {
        let get = |part: &Rows| part.table(at)?.rows.get(&number).cloned();
        self.look(at.organization, get)
    }

    /// Puts a row in the place of the one that was read; `false` where that is not there any more.
    pub(crate) fn swap(&self, at: &Address<'_>, number: u64, read: &Row, row: Row) -> bool {
        self.change(at.organization, |part| {
            let kept = part.table(at).and_then(|table| table.rows.get(&number));
            let is_same = kept.is_some_and(|kept| Arc::ptr_eq(kept, read));
            if is_same {
                part.put(at, number, row);
                part.evict(at, number, MAX_ROWS, MAX_BYTES);
            }
            is_same
        })
    }

    /// Removes a row and the tables below it; `false` where it is not there.
    pub(crate) fn remove(&self, at: &Address<'_>, number: u64) -> bool {
        self.change(at.organization, |part| {
            let removed = part.take(at.instance, at.path, number);
            part.forget_tables(at.instance, &format!("{}/{number}/", at.path));
            removed
        })
    }

    /// At most `count` rows behind this number, and `skipped` of them left out.
    pub(crate) fn range(
        &self,
        at: &Address<'_>,
        after: u64,
        skipped: u64,
        count: usize,
    ) -> Vec<(u64, Row)> {
        let range = |part: &Rows| Some(part.table(at)?.range(after, skipped, count));
        self.look(at.organization, range).unwrap_or_default()
    }

    /// Counts the rows of a table.
    pub(crate) fn count(&self, at: &Address<'_>) -> usize {
        let count = |part: &Rows| Some(part.table(at)?.rows.len());
        self.look(at.organization, count).unwrap_or(0)
    }
}

impl Table {
    fn range(&self, after: u64, skipped: u64, count: usize) -> Vec<(u64, Row)> {
        let mut behind = self.rows.range((Excluded(after), Unbounded));
        let mut rest = skipped;
        // Where no row is missing, the place of a page is known without walking to it.
        if let (Some((first, _)), Some((last, _))) =
            (self.rows.first_key_value(), self.rows.last_key_value())
            && last - first + 1 == self.rows.len() as u64
        {
            let from = after.max(first - 1).saturating_add(skipped);
            behind = self.rows.range((Excluded(from), Unbounded));
            rest = 0;
        }
        let rows = behind.skip(usize::try_from(rest).unwrap_or(usize::MAX));
        rows.take(count)
            .map(|(number, row)| (*number, row.clone()))
            .collect()
    }
}

impl Rows {
    fn table(&self, at: &Address<'_>) -> Option<&Table> {
        self.tables.get(&at.instance)?.get(at.path)
    }

    /// The table, made if need be; only then is its path copied.
    fn table_mut(&mut self, at: &Address<'_>) -> &mut Table {
        let tables = self.tables.entry(at.instance).or_default();
        if !tables.contains_key(at.path) {
            tables.insert(at.path.into(), Table::default());
        }
        tables.get_mut(at.path).expect("it was put there above")
    }

    fn next_number(&mut self, at: &Address<'_>) -> u64 {
        let table = self.table_mut(at);
        table.last += 1;
        table.last
    }

    fn put(&mut self, at: &Address<'_>, number: u64, row: Row) {
        self.bytes += row.len();
        self.rows += 1;
        if let Some(before) = self.table_mut(at).rows.insert(number, row) {
            self.bytes -= before.len();
            self.rows -= 1;
        }
    }

    fn take(&mut self, instance: u64, path: &str, number: u64) -> bool {
        let tables = self.tables.get_mut(&instance);
        let table = tables.and_then(|tables| tables.get_mut(path));
        let taken = table.and_then(|table| table.rows.remove(&number));
        if let Some(row) = &taken {
            self.bytes -= row.len();
            self.rows -= 1;
        }
        taken.is_some()
    }

    /// Lets the oldest rows go, the table's own before those of others; the one that was just written goes last.
    fn evict(&mut self, at: &Address<'_>, written: u64, max_rows: usize, max_bytes: usize) {
        while self.rows > max_rows || self.bytes > max_bytes {
            let oldest = self.oldest(at, written);
            let written = || (at.instance, at.path.into(), written);
            let (instance, path, oldest) = oldest.unwrap_or_else(written);
            if !self.take(instance, &path, oldest) {
                return;
            }
            self.dropped += 1;
        }
    }

    /// The row that goes before the one that was written: instance, path and number.
    fn oldest(&self, at: &Address<'_>, written: u64) -> Option<(u64, Box<str>, u64)> {
        let first = |table: &Table| table.rows.first_key_value().map(|(number, _)| *number);
        let mut own = self
            .table(at)
            .into_iter()
            .flat_map(|table| table.rows.keys());
        if let Some(number) = own.find(|number| **number != written) {
            return Some((at.instance, at.path.into(), *number));
        }
        let is_other = |(instance, path, _): &(u64, &str, &Table)| {
            (*instance, *path) != (at.instance, at.path)
        };
        let mut others = self.all().filter(is_other);
        others.find_map(|(instance, path, table)| Some((instance, path.into(), first(table)?)))
    }

    /// Every table with its instance and its path.
    fn all(&self) -> impl Iterator<Item = (u64, &str, &Table)> {
        self.tables.iter().flat_map(|(instance, tables)| {
            let named = tables.iter();
            named.map(|(path, table)| (*instance, &**path, table))
        })
    }

    /// Forgets an instance's tables whose path begins so.
    fn forget_tables(&mut self, instance: u64, prefix: &str) {
        let Some(tables) = self.tables.get_mut(&instance) else {
            return;
        };
        let behind = tables.range::<str, _>((Included(prefix), Unbounded));
        let below = behind.take_while(|(path, _)| path.starts_with(prefix));
        let paths: Vec<_> = below.map(|(path, _)| path.clone()).collect();
        for path in paths {
            let table = tables.remove(&path).expect("its path was just read");
            self.rows -= table.rows.len();
            self.bytes -= table.rows.values().map(|row| row.len()).sum::<usize>();
        }
        if tables.is_empty() {
            self.tables.remove(&instance);
        }
    }
}

impl Part for Rows {
    const MEMBER: &'static str = "rows";
    const KNOWN: &'static [&'static str] = &["dropped", "tables"];

    fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.dropped == 0
    }

    fn members(&self) -> Members<'static> {
        let table_json = |(instance, path, table): (u64, &str, &Table)| {
            let rows = table.rows.iter().map(|(number, row)| {
                let row = Json::parse(row).expect("a row is JSON").into_owned();
                (number.to_string().into(), row)
            });
            object([
                ("instance", instance.into()),
                ("path", path.to_owned().into()),
                ("last", table.last.into()),
                ("rows", Json::Object(rows.collect())),
            ])
        };
        vec![
            ("dropped".into(), self.dropped.into()),
            ("tables".into(), self.all().map(table_json).collect()),
        ]
    }

    fn read(document: &Document<'_>, _: &Restoration<'_>) -> Reading<Self> {
        let dropped = document.counter("dropped")?.unwrap_or(0);
        let mut part = Rows {
            dropped,
            ..Rows::default()
        };
        for (at, item) in document.array("tables")?.iter().enumerate() {
            let path = format!("{}[{at}]", document.at("tables"));
            part.read_table(&Document::read(
                item,
                &path,
                &["instance", "path", "last", "rows"],
            )?)?;
        }
        Ok(part)
    }

    fn forget_instance(&mut self, id: u64) {
        self.forget_tables(id, "");
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Rows {
    fn read_table(&mut self, document: &Document<'_>) -> Reading<()> {
        let at = Address {
            organization: "",
            instance: document.required_whole("instance")?,
            path: document.required_text("path")?,
        };
        let last = document.required_counter("last")?;
        *self.table_mut(&at) = Table {
            last,
            rows: BTreeMap::new(),
        };
        for (number, row) in document.object("rows")?.into_iter().flatten() {
            let path = format!("{}.{number}", document.at("rows"));
            let whole = number
                .parse()
                .ok()
                .filter(|number| (1..=last).contains(number));
            let number = whole.ok_or_else(|| format!("{path} must be a number from 1 to last"))?;
            if row.as_object().is_none() {
                return Err(format!("{path} must be an object, found {}", row.kind()));
            }
            self.put(&at, number, row.to_bytes().into());
            self.evict(&at, number, MAX_ROWS, MAX_BYTES);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Address<'static> = Address {
        organization: "o",
        instance: 1,
        path: "x",
    };

    fn filled(count: u64) -> Partition<Rows> {
        let rows = Partition::<Rows>::default();
        rows.seed(&AT, || {
            (0..count)
                .map(|n| n.to_string().into_bytes().into())
                .collect()
        });
        rows
    }

    fn numbers(rows: &Partition<Rows>, after: u64, skipped: u64) -> Vec<u64> {
        rows.range(&AT, after, skipped, 3)
            .into_iter()
            .map(|(number, _)| number)
            .collect()
    }

    /// Rule `generic-paging`: a page is the same whether or not rows before it are missing.
    #[test]
    fn a_page_begins_behind_those_that_it_skips() {
        let rows = filled(10);
        assert_eq!(numbers(&rows, 0, 4), [5, 6, 7]);
        assert_eq!(numbers(&rows, 2, 1), [4, 5, 6]);
        assert!(rows.remove(&AT, 3));
        assert_eq!(numbers(&rows, 0, 4), [6, 7, 8]);
        assert!(rows.remove(&AT, 1) && !rows.remove(&AT, 1));
        assert_eq!(numbers(&rows, 0, 0), [2, 4, 5]);
        assert_eq!(numbers(&rows, 0, u64::MAX), [0; 0]);
    }

    #[test]
    fn the_oldest_rows_go_first_and_are_counted() {
        let rows = filled(10);
        rows.change("o", |part| part.evict(&AT, 10, 8, MAX_BYTES));
        assert_eq!(numbers(&rows, 0, 0), [3, 4, 5]);
        rows.change("o", |part| part.evict(&AT, 10, MAX_ROWS, 2));
        assert_eq!(numbers(&rows, 0, 0), [9, 10]);
        assert_eq!(rows.look("o", |part| Some(part.dropped)), Some(8));
    }

    /// Rows that take all the room there is, and no memory but one's.
    fn full() -> (Partition<Rows>, usize) {
        let (rows, count) = (Partition::<Rows>::default(), 64);
        let row: Row = vec![b'1'; MAX_BYTES / count].into();
        rows.seed(&AT, || vec![row; count + 1]);
        (rows, count)
    }

    #[test]
    fn rows_that_a_table_begins_with_are_bounded_too() {
        let (rows, count) = full();
        assert_eq!((rows.count(&AT), numbers(&rows, 0, 0)[0]), (count, 2));
        assert_eq!(rows.look("o", |part| Some(part.bytes)), Some(MAX_BYTES));
    }

    /// A `PATCH` makes a row longer and longer.
    #[test]
    fn a_row_that_grows_lets_others_go_before_itself() {
        let (rows, count) = full();
        let read = rows.get(&AT, 2).unwrap();
        let longer = [&*read, b"1"].concat().into();
        assert!(rows.swap(&AT, 2, &read, longer));
        assert_eq!(numbers(&rows, 0, 0), [2, 4, 5]);
        let left = rows.look("o", |part| Some((part.rows, part.dropped)));
        assert_eq!(left, Some((count - 1, 2)));
        rows.change("o", |part| part.evict(&AT, 2, MAX_ROWS, read.len()));
        let left = rows.look("o", |part| Some((part.rows, part.bytes)));
        assert_eq!(left, Some((0, 0)));
    }

    #[test]
    fn an_instance_takes_its_rows_with_it() {
        let rows = filled(2);
        let below = Address {
            path: "x/1/y",
            ..AT
        };
        let beside = Address {
            path: "x/11/y",
            ..AT
        };
        for at in [&below, &beside] {
            rows.seed(at, || vec![b"1".as_slice().into()]);
        }
        assert!(rows.remove(&AT, 1));
        assert_eq!((rows.count(&below), rows.count(&beside)), (0, 1));
        rows.change("o", |part| part.forget_instance(1));
        let left = rows.look("o", |part| Some((part.rows, part.bytes, part.is_empty())));
        assert_eq!(left, Some((0, 0, true)));
    }
}
