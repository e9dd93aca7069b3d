//! The rules.

mod change_without_where;
mod check_without_not_valid;
mod column_dropped;
mod column_renamed;
mod column_type_rewrites;
mod enum_value_order;
mod exclusion_constraint;
mod foreign_key_without_not_valid;
mod index_dropped_without_concurrently;
mod index_without_concurrently;
mod key_without_index;
mod needless_no_transaction;
mod not_null_without_check;
mod not_null_without_default;
mod partition_attached_without_check;
mod partition_detached_without_concurrently;
mod refresh_without_concurrently;
mod reindex_without_concurrently;
mod serial_column;
mod session_setting;
mod storage_rewritten;
mod stored_generated_column;
mod table_dropped;
mod table_emptied;
mod table_renamed;
mod table_rewritten;
mod tenant_locks_public;
mod tenant_writes_public;
mod unchecked_sql;
mod volatile_default;

pub(crate) use needless_no_transaction::NEEDLESS_NO_TRANSACTION;
pub(crate) use session_setting::SESSION_SETTING;
pub(crate) use tenant_writes_public::TENANT_WRITES_PUBLIC;

use super::Rule;
use crate::Problem;
use crate::sql::names::Context;

/// Every rule, by name.
pub const ALL: &[&Rule] = &[
    &change_without_where::CHANGE_WITHOUT_WHERE,
    &check_without_not_valid::CHECK_WITHOUT_NOT_VALID,
    &column_dropped::COLUMN_DROPPED,
    &column_renamed::COLUMN_RENAMED,
    &column_type_rewrites::COLUMN_TYPE_REWRITES,
    &enum_value_order::ENUM_VALUE_ORDER,
    &exclusion_constraint::EXCLUSION_CONSTRAINT,
    &foreign_key_without_not_valid::FOREIGN_KEY_WITHOUT_NOT_VALID,
    &index_dropped_without_concurrently::INDEX_DROPPED_WITHOUT_CONCURRENTLY,
    &index_without_concurrently::INDEX_WITHOUT_CONCURRENTLY,
    &key_without_index::KEY_WITHOUT_INDEX,
    &needless_no_transaction::NEEDLESS_NO_TRANSACTION,
    &not_null_without_check::NOT_NULL_WITHOUT_CHECK,
    &not_null_without_default::NOT_NULL_WITHOUT_DEFAULT,
    &partition_attached_without_check::PARTITION_ATTACHED_WITHOUT_CHECK,
    &partition_detached_without_concurrently::PARTITION_DETACHED_WITHOUT_CONCURRENTLY,
    &refresh_without_concurrently::REFRESH_WITHOUT_CONCURRENTLY,
    &reindex_without_concurrently::REINDEX_WITHOUT_CONCURRENTLY,
    &serial_column::SERIAL_COLUMN,
    &session_setting::SESSION_SETTING,
    &storage_rewritten::STORAGE_REWRITTEN,
    &stored_generated_column::STORED_GENERATED_COLUMN,
    &table_dropped::TABLE_DROPPED,
    &table_emptied::TABLE_EMPTIED,
    &table_renamed::TABLE_RENAMED,
    &table_rewritten::TABLE_REWRITTEN,
    &tenant_locks_public::TENANT_LOCKS_PUBLIC,
    &tenant_writes_public::TENANT_WRITES_PUBLIC,
    &unchecked_sql::UNCHECKED_SQL,
    &volatile_default::VOLATILE_DEFAULT,
];

/// What finds something in a statement.
type Check = fn(&Context<'_>) -> Vec<Problem>;

/// The rules that look at one statement of a draft; the others are told where they are found.
pub(crate) const OF_STATEMENT: &[(&Rule, Check)] = &[
    (
        &change_without_where::CHANGE_WITHOUT_WHERE,
        change_without_where::check,
    ),
    (
        &check_without_not_valid::CHECK_WITHOUT_NOT_VALID,
        check_without_not_valid::check,
    ),
    (&column_dropped::COLUMN_DROPPED, column_dropped::check),
    (&column_renamed::COLUMN_RENAMED, column_renamed::check),
    (
        &column_type_rewrites::COLUMN_TYPE_REWRITES,
        column_type_rewrites::check,
    ),
    (&enum_value_order::ENUM_VALUE_ORDER, enum_value_order::check),
    (
        &exclusion_constraint::EXCLUSION_CONSTRAINT,
        exclusion_constraint::check,
    ),
    (
        &foreign_key_without_not_valid::FOREIGN_KEY_WITHOUT_NOT_VALID,
        foreign_key_without_not_valid::check,
    ),
    (
        &index_dropped_without_concurrently::INDEX_DROPPED_WITHOUT_CONCURRENTLY,
        index_dropped_without_concurrently::check,
    ),
    (
        &index_without_concurrently::INDEX_WITHOUT_CONCURRENTLY,
        index_without_concurrently::check,
    ),
    (
        &key_without_index::KEY_WITHOUT_INDEX,
        key_without_index::check,
    ),
    (
        &not_null_without_check::NOT_NULL_WITHOUT_CHECK,
        not_null_without_check::check,
    ),
    (
        &not_null_without_default::NOT_NULL_WITHOUT_DEFAULT,
        not_null_without_default::check,
    ),
    (
        &partition_attached_without_check::PARTITION_ATTACHED_WITHOUT_CHECK,
        partition_attached_without_check::check,
    ),
    (
        &partition_detached_without_concurrently::PARTITION_DETACHED_WITHOUT_CONCURRENTLY,
        partition_detached_without_concurrently::check,
    ),
    (
        &refresh_without_concurrently::REFRESH_WITHOUT_CONCURRENTLY,
        refresh_without_concurrently::check,
    ),
    (
        &reindex_without_concurrently::REINDEX_WITHOUT_CONCURRENTLY,
        reindex_without_concurrently::check,
    ),
    (&serial_column::SERIAL_COLUMN, serial_column::check),
    (
        &storage_rewritten::STORAGE_REWRITTEN,
        storage_rewritten::check,
    ),
    (
        &stored_generated_column::STORED_GENERATED_COLUMN,
        stored_generated_column::check,
    ),
    (&table_dropped::TABLE_DROPPED, table_dropped::check),
    (&table_emptied::TABLE_EMPTIED, table_emptied::check),
    (&table_renamed::TABLE_RENAMED, table_renamed::check),
    (&table_rewritten::TABLE_REWRITTEN, table_rewritten::check),
    (
        &tenant_locks_public::TENANT_LOCKS_PUBLIC,
        tenant_locks_public::check,
    ),
    (&unchecked_sql::UNCHECKED_SQL, unchecked_sql::check),
    (&volatile_default::VOLATILE_DEFAULT, volatile_default::check),
];
