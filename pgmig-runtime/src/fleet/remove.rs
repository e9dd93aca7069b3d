//! The end of a tenant, in steps that hold no lock of `public` for long and can be taken up again.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::Migrator;
use crate::db::{Db, Session, required, truth};
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::{LEASED, Ledger, block, unreadable};
use crate::message::Message;
use crate::quote;
use crate::retry::{BUSY, Cause, MOVED};
use crate::target::Target;

/// A constraint, as SQL: its table, its name.
type Constraint = (String, String);

/// What [`drop_tenant`](Migrator::drop_tenant) did.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Dropped {
    /// The tenant's schema.
    pub target: Target,
    /// Whether there was anything to remove.
    pub existed: bool,
    /// How many foreign keys to other schemas were detached first.
    pub detached: usize,
}

/// How many tables are dropped in one transaction: each of its tables, indexes, sequences and
/// toast tables takes a lock, and the lock table is shared by the whole server.
const TABLES: usize = 50;

impl Migrator {
    /// Removes a tenant's schema with all that is in it, and what the ledger has of it. The data is
    /// gone then.
    ///
    /// To drop a table that refers to `public` takes the strongest lock on what it refers to, and
    /// everything queues behind whoever waits for that (PostgreSQL, "Explicit Locking"). So each
    /// foreign key is detached first, in a short transaction of its own, and what cannot be locked
    /// within `lock_timeout` is tried again. From the first step on the tenant is `dropping` in the
    /// ledger and is not migrated any more; where this is interrupted, calling it again goes on.
    ///
    /// # Errors
    /// When a lock cannot be had in any attempt, another process migrates the tenant, the server
    /// cannot be reached, or the ledger does not know a schema that exists:
    /// [`Error::NotInLedger`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool, tenant: pgmig_runtime::Uuid) -> Result<(), pgmig_runtime::Error> {
    /// let dropped = migrator.drop_tenant(&pool, tenant).await?;
    /// println!("{} is gone: {}", dropped.target.schema, dropped.existed);
    /// # Ok(()) }
    /// ```
    pub async fn drop_tenant<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenant: Uuid,
    ) -> Result<Dropped, Error> {
        let mut session = self.session(db);
        let expected = self.target(tenant)?;
        let Some(target) = self.find(&mut session, &expected).await? else {
            return Ok(Dropped {
                target: expected,
                existed: false,
                detached: 0,
            });
        };
        self.ensured.forget(tenant);
        let mark = vec![self.ledger.mark_dropping(&target)];
        self.step(&mut session, &target, mark).await?;
        let constraints = self.outward(&mut session, &target).await?;
        for (table, name) in &constraints {
            let detach = format!("ALTER TABLE IF EXISTS {table} DROP CONSTRAINT IF EXISTS {name}");
            let guard = self.ledger.claim_dropping(&target);
            self.step(&mut session, &target, vec![guard, detach])
                .await?;
        }
        self.drop_tables(&mut session, &target).await?;
        let mut last = vec![
            self.ledger.claim_dropping(&target),
            format!(
                "DROP SCHEMA IF EXISTS {} CASCADE",
                quote::ident(&target.schema)
            ),
        ];
        last.extend(self.ledger.forget(&target));
        self.step(&mut session, &target, last).await?;
        tracing::info!(schema = %target.schema, "dropped a tenant");
        Ok(Dropped {
            target,
            existed: true,
            detached: constraints.len(),
        })
    }

    /// Where the ledger has the tenant.
    async fn find(
        &self,
        session: &mut Session<'_>,
        expected: &Target,
    ) -> Result<Option<Target>, Error> {
        let known = self
            .read(session, self.ledger.whereabouts(expected))
            .await?;
        let recorded = known.iter().flatten().next();
        if let Some(row) = recorded {
            let schema = required(row, "schema").map_err(unreadable)?;
            return Ok(Some(Target {
                schema,
                ..expected.clone()
            }));
        }
        let query = format!(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}) AS present",
            quote::literal(&expected.schema)
        );
        let rows = self.read(session, query).await?.unwrap_or_default();
        let present = rows.first().map_or(Ok(false), |row| truth(row, "present"));
        match present.map_err(unreadable)? {
            false => Ok(None),
            true => Err(Error::NotInLedger {
                schema: expected.schema.clone(),
                ledger: self.ledger.schema.clone(),
            }),
        }
    }

    /// Foreign keys from the tenant's tables to those of other schemas. Those of partitions go
    /// with the one of the partitioned table.
    async fn outward(
        &self,
        session: &mut Session<'_>,
        target: &Target,
    ) -> Result<Vec<Constraint>, Error> {
        let query = format!(
            "SELECT pg_catalog.format('%I.%I', n.nspname, r.relname) AS \"table\", pg_catalog.quote_ident(c.conname) AS name \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS r ON r.relnamespace = n.oid \
             JOIN pg_catalog.pg_constraint AS c ON c.conrelid = r.oid JOIN pg_catalog.pg_class AS f ON f.oid = c.confrelid \
             WHERE n.nspname = {} AND c.contype = 'f' AND c.conparentid = 0 AND f.relnamespace <> n.oid ORDER BY 1, 2",
            quote::literal(&target.schema)
        );
        let rows = self.read(session, query).await?.unwrap_or_default();
        let constraint = |row: &PgRow| Ok((required(row, "table")?, required(row, "name")?));
        let constraints: sqlx::Result<Vec<_>> = rows.iter().map(constraint).collect();
        constraints.map_err(unreadable)
    }

    /// Drops tables a few at a time, as long as there are more than fit in one transaction.
    async fn drop_tables(&self, session: &mut Session<'_>, target: &Target) -> Result<(), Error> {
        let query = format!(
            "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS \"table\" \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid \
             WHERE n.nspname = {} AND c.relkind IN ('r', 'p') ORDER BY c.oid DESC",
            quote::literal(&target.schema)
        );
        let rows = self.read(session, query).await?.unwrap_or_default();
        let tables: sqlx::Result<Vec<String>> =
            rows.iter().map(|row| required(row, "table")).collect();
        for some in tables.map_err(unreadable)?.chunks(TABLES).skip(1) {
            let drop = format!("DROP TABLE IF EXISTS {} CASCADE", some.join(", "));
            let guard = self.ledger.claim_dropping(target);
            self.step(session, target, vec![guard, drop]).await?;
        }
        Ok(())
    }

    /// One transaction of the removal, tried again where that helps. Where another process was
    /// faster and the tenant is gone, nothing is left to do.
    async fn step(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        statements: Vec<String>,
    ) -> Result<(), Error> {
        let runner = self.runner();
        let settings = &self.settings;
        let mut message = Message::default();
        message.target(target);
        let (lock, statement) = (settings.lock_timeout, settings.statement_timeout);
        message.ours(&self.ledger.settings(target, lock, statement));
        for statement in &statements {
            message.ours(statement);
        }
        let mut attempts = runner.attempts();
        loop {
            let sent = runner.send(session, &message, settings.dispatch).await;
            let failed = match sent {
                Ok(_) => return Ok(()),
                Err(failed) => failed,
            };
            let failure = Failure::ledger("drop the tenant", failed.error);
            let failure = match failure.cause {
                Cause::Moved => return Ok(()),
                Cause::Busy => Failure::busy(target),
                _ => failure,
            };
            runner
                .recover(session, target, &mut attempts, failure)
                .await?;
        }
    }
}

impl Ledger {
    /// The query for the schema under which the ledger has a tenant.
    fn whereabouts(&self, target: &Target) -> String {
        let tenant = target.tenant.map(|id| id.to_string());
        format!(
            "SELECT t.schema FROM {l}.target AS t WHERE t.scope = 'tenant' AND t.tenant = {tenant}",
            l = self.quoted(),
            tenant = quote::nullable(tenant.as_deref()),
        )
    }

    /// Notes that the tenant is being dropped; nobody migrates it from here on.
    fn mark_dropping(&self, target: &Target) -> String {
        block(&format!(
            "BEGIN
  PERFORM FROM {l}.target AS t WHERE {condition} AND NOT {LEASED} FOR UPDATE OF t SKIP LOCKED;
  IF NOT FOUND THEN
    {absent}
  END IF;
  UPDATE {l}.target AS t SET state = 'dropping', error = NULL, updated_at = pg_catalog.clock_timestamp(),
    since = CASE WHEN t.state = 'dropping' THEN t.since ELSE pg_catalog.clock_timestamp() END WHERE {condition};
END",
            l = self.quoted(),
            condition = target.condition("t"),
            absent = self.absent(target),
        ))
    }

    /// Raises what is so of a tenant that cannot be claimed: [`MOVED`] when it is gone, [`BUSY`]
    /// when another process has it.
    fn absent(&self, target: &Target) -> String {
        format!(
            "IF NOT EXISTS (SELECT FROM {l}.target AS t WHERE {condition}) THEN
      RAISE EXCEPTION 'the tenant is gone' USING ERRCODE = '{MOVED}';
    END IF;
    RAISE EXCEPTION 'another process has this schema' USING ERRCODE = '{BUSY}';",
            l = self.quoted(),
            condition = target.condition("t"),
        )
    }

    /// Claims a tenant that is being dropped, for one step.
    fn claim_dropping(&self, target: &Target) -> String {
        block(&format!(
            "BEGIN
  PERFORM FROM {l}.target AS t WHERE {condition} AND t.state = 'dropping' FOR UPDATE OF t SKIP LOCKED;
  IF NOT FOUND THEN
    {absent}
  END IF;
END",
            l = self.quoted(),
            condition = target.condition("t"),
            absent = self.absent(target),
        ))
    }

    /// Removes all that the ledger has of a tenant.
    fn forget(&self, target: &Target) -> Vec<String> {
        let delete = |table: &str| {
            format!(
                "DELETE FROM {l}.{table} AS t WHERE {condition}",
                l = self.quoted(),
                condition = target.condition("t"),
            )
        };
        vec![
            self.remove_repeatable(target),
            delete("history"),
            delete("target"),
        ]
    }
}
