//! What is migrated: `public`, or the schema of one tenant.

use uuid::Uuid;

use crate::error::Error;
use crate::{Scope, quote};

/// A schema that is migrated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Target {
    /// Whose schema it is.
    pub scope: Scope,
    /// Its name, unquoted.
    pub schema: String,
    /// The tenant it belongs to; `None` for `public`.
    pub tenant: Option<Uuid>,
}

/// PostgreSQL cuts longer names off silently (Lexical Structure, `NAMEDATALEN`), and two tenants
/// could meet in one schema.
const LONGEST_NAME: usize = 63;

impl Target {
    /// The schema `public`.
    pub(crate) fn public() -> Self {
        Target {
            scope: Scope::Public,
            schema: "public".to_owned(),
            tenant: None,
        }
    }

    /// The schema `public`, as far as drizzle-kit's migrations go.
    pub(crate) fn drizzle() -> Self {
        Target {
            scope: Scope::Drizzle,
            ..Target::public()
        }
    }

    /// The schema of a tenant, if `schema` can be one. `ledger` is the ledger's own schema.
    pub(crate) fn tenant(tenant: Uuid, schema: String, ledger: &str) -> Result<Self, Error> {
        let refused = |why: &'static str| {
            Err(Error::SchemaName {
                schema: schema.clone(),
                tenant,
                why,
            })
        };
        if schema.is_empty() {
            return refused("it is empty");
        }
        if schema.len() > LONGEST_NAME {
            return refused("it is longer than the 63 bytes that PostgreSQL keeps of a name");
        }
        if schema.contains('\0') {
            return refused("it contains a NUL byte");
        }
        if schema.starts_with("pg_") {
            return refused("PostgreSQL keeps names that begin with pg_ for itself");
        }
        if schema == "public" || schema == "information_schema" || schema == ledger {
            return refused("it is not a tenant's own");
        }
        Ok(Target {
            scope: Scope::Tenant,
            schema,
            tenant: Some(tenant),
        })
    }

    /// The `search_path` that its migrations see: its schema first, `public` behind a tenant's.
    /// `pg_catalog` needs no mention: PostgreSQL searches it first unless it is named.
    pub(crate) fn search_path(&self) -> String {
        match self.scope {
            Scope::Public | Scope::Drizzle => quote::ident(&self.schema),
            Scope::Tenant => format!("{}, {}", quote::ident(&self.schema), quote::ident("public")),
        }
    }

    /// The condition that finds its rows in a table of the ledger.
    pub(crate) fn condition(&self, table: &str) -> String {
        format!(
            "{table}.schema = {} AND {table}.scope = {}",
            quote::literal(&self.schema),
            quote::literal(self.scope.as_str())
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_schema_that_cannot_be_a_tenants_own_is_refused_with_the_reason() {
        let id = Uuid::nil();
        for name in [
            "",
            "public",
            "pg_toast",
            "information_schema",
            "ledger",
            "a\0b",
        ] {
            let refused = Target::tenant(id, name.to_owned(), "ledger");
            assert!(matches!(refused, Err(Error::SchemaName { .. })), "{name:?}");
        }
        assert!(Target::tenant(id, "x".repeat(64), "ledger").is_err());
        assert!(Target::tenant(id, "x".repeat(63), "ledger").is_ok());
    }

    #[test]
    fn a_tenant_sees_its_schema_first_and_public_behind_it() {
        let target = Target::tenant(Uuid::nil(), "we\"ird".to_owned(), "pgmig").unwrap();
        assert_eq!(target.search_path(), "\"we\"\"ird\", \"public\"");
        assert_eq!(Target::public().search_path(), "\"public\"");
    }
}
