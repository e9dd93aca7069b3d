//! `no-transaction` where every statement could run in a transaction.

use crate::lint::{Level, Rule};

/// The rule.
pub(crate) const NEEDLESS_NO_TRANSACTION: Rule = Rule {
    name: "needless-no-transaction",
    level: Level::Warn,
    lock: None,
    about: "`-- pgmig: no-transaction` in a file whose statements all run in a transaction",
    why: "Outside a transaction a migration can stop half way, and what was done stays.",
    instead: "Delete the directive.",
    example: "-- pgmig: no-transaction\n\
              ALTER TABLE invoices ADD COLUMN note text;\n\
              \n\
              -- instead, without the directive:\n\
              ALTER TABLE invoices ADD COLUMN note text;",
    chapter: "SQL Commands, BEGIN",
};
