//! What the ledger says of the schemas, and what has to be replayed for it.

use uuid::Uuid;

use super::{Unverified, Which};
use crate::db::{Session, required, text, truth};
use crate::error::Error;
use crate::ledger::{Ledger, unreadable};
use crate::{Migration, Migrator, Scope, quote};

const REPEATABLE: &str = "what it has of repeatable migrations is not what this binary carries";

const OTHERWISE: &str = "by the ledger it has other migrations than this binary carries";

/// A schema by the ledger.
struct Recorded {
    scope: Scope,
    schema: String,
    tenant: Option<Uuid>,
    head: String,
    state: String,
    present: bool,
    repeated: bool,
}

/// What the ledger says, sorted by what has to be replayed for it.
#[derive(Default)]
pub(super) struct Wanted {
    /// How many migrations `public` has, its own and drizzle-kit's, where it is to be verified.
    pub(super) public: Option<[usize; 2]>,
    /// How many the shadow of `public` gets, for the tenants to refer to.
    pub(super) beneath: [usize; 2],
    /// The tenants' schemas and how many migrations they have.
    pub(super) tenants: Vec<(usize, String)>,
    pub(super) unverified: Vec<Unverified>,
}

impl Migrator {
    /// What has to be replayed for these schemas.
    pub(super) async fn wanted(
        &self,
        session: &mut Session<'_>,
        which: Which<'_>,
    ) -> Result<Wanted, Error> {
        let recorded = self.recorded(session).await?;
        let mut wanted = Wanted::default();
        let mut public = [Some(0), Some(0)];
        if let Which::Tenants(tenants) = which {
            self.unknown(tenants, &recorded, &mut wanted)?;
        }
        let mut public_known = true;
        for row in recorded {
            let count = applied(self.migrations.of(row.scope), &row.head);
            let current = row.repeated && count == Some(self.migrations.of(row.scope).len());
            let known = current || self.migrations.repeatable_of(row.scope).is_empty();
            match row.scope {
                Scope::Public => {
                    public[0] = count;
                    public_known = known;
                }
                Scope::Drizzle => public[1] = count,
                Scope::Tenant if !which.includes(row.tenant) => {}
                Scope::Tenant if !known && count > Some(0) && row.state != "dropping" => {
                    wanted.skip(&row.schema, REPEATABLE);
                }
                Scope::Tenant => wanted.tenant(row, count),
            }
        }
        let whole = [
            self.migrations.public().len(),
            self.migrations.drizzle().len(),
        ];
        wanted.beneath = [public[0].unwrap_or(whole[0]), public[1].unwrap_or(whole[1])];
        if matches!(which, Which::All | Which::Public) {
            match public {
                // An app whose migrations are all of tenants has nothing to say of it.
                [Some(0), Some(0)] if whole == [0, 0] => {}
                [Some(0), Some(0)] => wanted.skip("public", "the ledger has no migration of it"),
                _ if !public_known => wanted.skip("public", REPEATABLE),
                [Some(own), Some(drizzle)] => wanted.public = Some([own, drizzle]),
                _ => wanted.skip("public", OTHERWISE),
            }
        }
        Ok(wanted)
    }

    /// Reads where every schema stands.
    async fn recorded(&self, session: &mut Session<'_>) -> Result<Vec<Recorded>, Error> {
        let repeated = |scope| {
            let digest = self.migrations.repeatable_digest(scope);
            self.ledger.repeated("t", digest)
        };
        let rows = self
            .read(session, self.ledger.heads(Scope::ALL.map(repeated)))
            .await?;
        // A ledger that never heard of repeatable migrations has none of them.
        let rows = match rows {
            None if !self.migrations.repeatable().is_empty() => {
                let none = Scope::ALL.map(|_| "false".to_owned());
                self.read(session, self.ledger.heads(none)).await?
            }
            rows => rows,
        };
        let rows = rows.unwrap_or_default();
        let recorded = rows.iter().map(Recorded::decode);
        recorded.collect::<sqlx::Result<_>>().map_err(unreadable)
    }

    /// Those that somebody asked for and the ledger does not have.
    fn unknown(
        &self,
        tenants: &[Uuid],
        recorded: &[Recorded],
        wanted: &mut Wanted,
    ) -> Result<(), Error> {
        for tenant in tenants {
            if !recorded.iter().any(|row| row.tenant == Some(*tenant)) {
                let schema = self.target(*tenant)?.schema;
                wanted.skip(&schema, "the ledger does not have it");
            }
        }
        Ok(())
    }
}

impl Wanted {
    fn skip(&mut self, schema: &str, why: &'static str) {
        self.unverified.push(Unverified {
            schema: schema.to_owned(),
            why,
        });
    }

    fn tenant(&mut self, row: Recorded, count: Option<usize>) {
        match (count, row.state.as_str()) {
            (_, "dropping") => self.skip(&row.schema, "it is being dropped"),
            (Some(0), _) => self.skip(&row.schema, "the ledger has no migration of it"),
            (None, _) => self.skip(&row.schema, OTHERWISE),
            _ if !row.present => self.skip(&row.schema, "it does not exist"),
            (Some(count), _) => self.tenants.push((count, row.schema)),
        }
    }
}

impl Ledger {
    /// The query for where every schema stands.
    ///
    /// An expression for each scope says whether the target in `t` was brought to the binary's set of
    /// repeatable migrations.
    fn heads(&self, [public, drizzle, tenant]: [String; 3]) -> String {
        format!(
            "SELECT t.schema, t.scope, t.tenant, t.state, pg_catalog.encode(t.head, 'hex') AS head, n.oid IS NOT NULL AS present, \
             CASE t.scope WHEN 'public' THEN {public} WHEN 'drizzle' THEN {drizzle} ELSE {tenant} END AS repeated \
             FROM {}.target AS t LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema ORDER BY t.schema",
            self.quoted()
        )
    }
}

impl Recorded {
    fn decode(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
        let scope = match required(row, "scope")?.as_str() {
            "public" => Scope::Public,
            "drizzle" => Scope::Drizzle,
            _ => Scope::Tenant,
        };
        let tenant = text(row, "tenant")?;
        Ok(Recorded {
            scope,
            schema: required(row, "schema")?,
            tenant: tenant.and_then(|tenant| Uuid::parse_str(&tenant).ok()),
            head: required(row, "head")?,
            state: required(row, "state")?,
            present: truth(row, "present")?,
            repeated: truth(row, "repeated")?,
        })
    }
}

/// How many of the migrations a head stands for; `None` when it is of others.
fn applied(migrations: &[Migration], head: &str) -> Option<usize> {
    if head.is_empty() {
        return Some(0);
    }
    let mut heads = migrations
        .iter()
        .map(|migration| quote::hex(&migration.0.head));
    heads.position(|known| known == head).map(|index| index + 1)
}
