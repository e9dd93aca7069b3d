//! Whether schemas are what their migrations make, whatever the ledger says.
//!
//! What a schema should be comes from replaying the embedded migrations, up to the one that it has
//! by the ledger, in a shadow inside a transaction that is rolled back: no second database, nothing
//! left behind, no table of the application locked. Then all schemas are compared by their
//! fingerprints, one statement for the whole fleet, and only those that differ are looked at.

mod compare;
mod enums;
mod report;
mod shadow;

pub use report::{DriftGroup, NotReplayed, Unverified, Verification};

use std::collections::BTreeSet;
use std::time::Instant;

use uuid::Uuid;

use self::compare::Found;
use self::enums::Enums;
use self::shadow::Shadow;
use crate::adopt::Tool;
use crate::db::{Db, Session, required, text, truth};
use crate::error::Error;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::settings::OnDrift;
use crate::target::Target;
use crate::{Description, FingerprintOptions, Migration, Migrator, Scope, quote};

/// What is being done, for errors.
const DOING: &str = "replay the migrations in a shadow";

/// Which schemas to verify.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'w> {
    /// `public` and every tenant in the ledger.
    All,
    /// `public`.
    Public,
    /// Every tenant in the ledger.
    Fleet,
    /// These tenants.
    Tenants(&'w [Uuid]),
}

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
struct Wanted {
    /// How many migrations `public` has, its own and drizzle-kit's, where it is to be verified.
    public: Option<[usize; 2]>,
    /// How many the shadow of `public` gets, for the tenants to refer to.
    beneath: [usize; 2],
    /// The tenants' schemas and how many migrations they have.
    tenants: Vec<(usize, String)>,
    unverified: Vec<Unverified>,
}

impl Migrator {
    /// Compares `public` and the schema of every tenant in the ledger with what their migrations
    /// make.
    ///
    /// It costs one replay of the migrations, which needs the right to create schemas in the
    /// database, and about 3 ms of server time for a tenant of ten tables.
    ///
    /// # Errors
    /// When the ledger or the catalog cannot be read, or the migrations cannot be replayed.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn demo(migrator: pgmig_runtime::Migrator, pool: sqlx::PgPool) -> Result<(), pgmig_runtime::Error> {
    /// let verification = migrator.verify(&pool).await?;
    /// if !verification.is_sound() {
    ///     eprintln!("{verification}");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn verify<'c>(&self, db: impl Into<Db<'c>>) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::All).await
    }

    /// Compares `public` with what its migrations make.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_public<'c>(&self, db: impl Into<Db<'c>>) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::Public).await
    }

    /// Compares the schema of every tenant in the ledger with what their migrations make.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_fleet<'c>(&self, db: impl Into<Db<'c>>) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::Fleet).await
    }

    /// Compares the schemas of these tenants with what their migrations make. Those that the ledger
    /// does not have are among the [`unverified`](Verification::unverified).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_tenants<'c>(
        &self,
        db: impl Into<Db<'c>>,
        tenants: &[Uuid],
    ) -> Result<Verification, Error> {
        let mut session = self.session(db);
        self.verify_which(&mut session, Which::Tenants(tenants))
            .await
    }

    /// Does what [`on_drift`](Self::on_drift) says after a run.
    pub(crate) async fn check_drift(
        &self,
        session: &mut Session<'_>,
        which: Which<'_>,
    ) -> Result<(), Error> {
        if self.settings.on_drift == OnDrift::Ignore {
            return Ok(());
        }
        let verification = self.verify_which(session, which).await?;
        if verification.is_sound() {
            return Ok(());
        }
        match self.settings.on_drift {
            OnDrift::Refuse => Err(Error::Drift(Box::new(verification))),
            _ => {
                tracing::warn!("{verification}");
                Ok(())
            }
        }
    }

    pub(crate) async fn verify_which(
        &self,
        session: &mut Session<'_>,
        which: Which<'_>,
    ) -> Result<Verification, Error> {
        let started = Instant::now();
        let wanted = self.wanted(session, which).await?;
        let options = self.counted();
        let found = self.replayed(session, &wanted, &options).await?;
        let mut verification = compare::compare(session, &options, wanted, found).await?;
        verification.duration = started.elapsed();
        Ok(verification)
    }

    /// Compares a schema of which the ledger has nothing with what the first `count` migrations of
    /// its scope make.
    pub(crate) async fn verify_at(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        count: usize,
    ) -> Result<Verification, Error> {
        let started = Instant::now();
        let mut wanted = self.wanted(session, Which::Tenants(&[])).await?;
        match target.scope {
            Scope::Tenant => {
                wanted.tenants = vec![(count, target.schema.clone())];
                // Of a `public` that is not in the ledger either, all that tenants may refer to.
                if wanted.beneath == [0, 0] {
                    let all = [self.migrations.public(), self.migrations.drizzle()];
                    wanted.beneath = all.map(<[_]>::len);
                }
            }
            Scope::Public | Scope::Drizzle => wanted.public = Some([count, wanted.beneath[1]]),
        }
        let options = self.counted();
        let found = self.replayed(session, &wanted, &options).await?;
        let mut verification = compare::compare(session, &options, wanted, found).await?;
        verification.duration = started.elapsed();
        Ok(verification)
    }

    /// What counts, without the tables in which other tools keep what they applied.
    fn counted(&self) -> FingerprintOptions {
        let options = self
            .settings
            .counted
            .clone()
            .exact(true)
            .ledger(&self.settings.ledger);
        let tables = Tool::ALL.into_iter().map(Tool::table);
        let beside = tables.filter(|(schema, _)| schema.is_none());
        beside.fold(options, |options, (_, table)| options.ignore(table))
    }

    /// Reads the ledger.
    async fn wanted(&self, session: &mut Session<'_>, which: Which<'_>) -> Result<Wanted, Error> {
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
        let decode = |row| {
            Recorded::decode(row).map_err(|source| Error::Ledger {
                doing: "read the ledger",
                source,
            })
        };
        let recorded = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
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

    /// Replays what is needed. A lock that could not be had, or a lost server, is no end.
    async fn replayed(
        &self,
        session: &mut Session<'_>,
        wanted: &Wanted,
        options: &FingerprintOptions,
    ) -> Result<Found, Error> {
        if wanted.public.is_none() && wanted.tenants.is_empty() {
            return Ok(Found::default());
        }
        let runner = self.runner();
        let mut attempts = runner.attempts();
        loop {
            let failure = match self.replay(session, wanted, options).await {
                Ok(found) => return Ok(found),
                Err(failure) => failure,
            };
            let recovered = runner
                .recover(session, &Target::public(), &mut attempts, failure)
                .await;
            recovered.map_err(|error| match error {
                Error::Statement(_) | Error::Blocked(_) => Error::Shadow(Box::new(error)),
                Error::Ledger { source, .. } => Error::Connection {
                    doing: DOING,
                    outcome_unknown: false,
                    source,
                },
                error => error,
            })?;
        }
    }

    async fn replay(
        &self,
        session: &mut Session<'_>,
        wanted: &Wanted,
        options: &FingerprintOptions,
    ) -> Result<Found, Failure> {
        let mut shadow = Shadow::begin(session, options).await?;
        let replayed = self.replay_in(&mut shadow, wanted).await;
        let ended = shadow.end().await;
        if ended.is_ok() {
            session.ended();
        }
        // The error that matters is the first.
        let found = replayed?;
        ended.map(|()| found)
    }

    /// The repeatable migrations of a scope, once all others of it are there.
    fn again(&self, scope: Scope, count: usize) -> &'static [Migration] {
        match count == self.migrations.of(scope).len() {
            true => self.migrations.repeatable_of(scope),
            false => &[],
        }
    }

    async fn replay_in(&self, shadow: &mut Shadow<'_>, wanted: &Wanted) -> Result<Found, Failure> {
        shadow.create(self).await?;
        let mut found = Found::default();
        let [own, drizzle] = wanted.public.unwrap_or(wanted.beneath);
        for (scope, count) in [(Scope::Public, own), (Scope::Drizzle, drizzle)] {
            let migrations = first(self.migrations.of(scope), count);
            let enums = Enums::foresee(shadow, migrations).await?;
            shadow.replay(migrations, &enums).await?;
            shadow.replay(self.again(scope, count), &enums).await?;
        }
        if wanted.public.is_some() {
            found.public = Some(shadow.compare_public().await?);
        }
        let counts: BTreeSet<usize> = wanted.tenants.iter().map(|(count, _)| *count).collect();
        let all = first(
            self.migrations.tenant(),
            counts.last().copied().unwrap_or(0),
        );
        let enums = Enums::foresee(shadow, all).await?;
        let mut replayed = 0;
        for count in counts {
            shadow
                .replay(all.get(replayed..count).unwrap_or_default(), &enums)
                .await?;
            shadow
                .replay(self.again(Scope::Tenant, count), &enums)
                .await?;
            let mut expected = shadow.expected_tenant().await?;
            if enums.correct(&mut expected.description, count) {
                // The server hashed labels that come later.
                expected.fingerprint = None;
            }
            found.tenants.insert(count, expected);
            replayed = count;
        }
        found.not_replayed = std::mem::take(&mut shadow.not_replayed);
        Ok(found)
    }
}

const REPEATABLE: &str = "what it has of repeatable migrations is not what this binary carries";

const OTHERWISE: &str = "by the ledger it has other migrations than this binary carries";

impl Which<'_> {
    fn includes(self, tenant: Option<Uuid>) -> bool {
        match self {
            Which::All | Which::Fleet => true,
            Which::Public => false,
            Which::Tenants(tenants) => tenant.is_some_and(|tenant| tenants.contains(&tenant)),
        }
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

fn first(migrations: &'static [Migration], count: usize) -> &'static [Migration] {
    migrations.get(..count).unwrap_or(migrations)
}
