//! The rules.

mod needless_no_transaction;
mod session_setting;
mod tenant_writes_public;

pub(crate) use needless_no_transaction::NEEDLESS_NO_TRANSACTION;
pub(crate) use session_setting::SESSION_SETTING;
pub(crate) use tenant_writes_public::TENANT_WRITES_PUBLIC;

use super::Rule;

/// Every rule, by name.
pub const ALL: &[&Rule] = &[
    &NEEDLESS_NO_TRANSACTION,
    &SESSION_SETTING,
    &TENANT_WRITES_PUBLIC,
];
