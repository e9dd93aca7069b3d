//! The rules.

mod needless_no_transaction;
mod session_setting;

pub(crate) use needless_no_transaction::NEEDLESS_NO_TRANSACTION;
pub(crate) use session_setting::SESSION_SETTING;

use super::Rule;

/// Every rule, by name.
pub const ALL: &[&Rule] = &[&NEEDLESS_NO_TRANSACTION, &SESSION_SETTING];
