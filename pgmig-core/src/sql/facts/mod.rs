//! What a statement is and what the runtime must know of it, told from its words alone: no
//! parsing, so that a locked migration costs next to nothing.

mod destroys;
mod kind;
mod nouns;
mod objects;
mod probe;
#[cfg(test)]
mod tests;
mod transaction;
mod unqualified;

pub(crate) use kind::kind;

use super::slot::{self, Slot};
use super::split::Raw;
use super::{InTransaction, Statement};
use crate::sql::cursor::Cursor;

/// One statement's facts. `text` is the script as written, `masked` the same with its slots
/// masked.
pub(super) fn statement(text: &str, masked: &str, raw: &Raw, line: u32) -> Statement {
    let cursor = Cursor::new(masked, &raw.tokens);
    let objects = objects::objects(cursor.clone());
    let in_transaction = if transaction::refused(masked, cursor.clone()) {
        InTransaction::Refused
    } else {
        InTransaction::Allowed
    };
    let mut slots = Vec::new();
    for token in &raw.tokens {
        slot::slots(text, *token, &mut slots);
    }
    let mut slots: Vec<_> = slots
        .into_iter()
        .filter_map(|slot| match slot {
            Slot::Name(range) => Some(range),
            Slot::InString(_) | Slot::InName(_) => None,
        })
        .collect();
    slots.extend(
        unqualified::names(in_transaction, cursor.clone())
            .into_iter()
            .map(|start| start..start),
    );
    slots.sort_by_key(|slot| slot.start);
    Statement {
        range: raw.range(),
        line,
        kind: kind(cursor.clone()),
        in_transaction,
        destroys_data: destroys::data(masked, cursor.clone()),
        probe: probe::probe(cursor.clone(), &objects),
        concurrently: transaction::concurrently(cursor),
        objects,
        slots,
        // Known once the whole folder is.
        public: Vec::new(),
    }
}
