//! The migrations replayed in schemas that nobody else sees, inside a transaction that is rolled
//! back.
//!
//! There are two of them: one stands in the place of `public`, one in that of a tenant. So a
//! tenant's foreign key refers to the shadow's table, and no table of the application is locked,
//! not even for a moment.

use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

use super::enums::Enums;
use super::report::NotReplayed;
use crate::db::{Answers, Failed, Session, send};
use crate::embedded::{Object, ScriptParts, Statement};
use crate::failure::Failure;
use crate::fingerprint::{Description, Fingerprint, Question, nothing, read_hashes};
use crate::ledger::set_local;
use crate::message::{Fill, Message};
use crate::settings::Dispatch;
use crate::target::Target;
use crate::watch::token;
use crate::{FingerprintOptions, Migration, Migrator, Scope, quote};

/// What a schema should be.
pub(super) struct Expected {
    pub(super) description: Description,
    pub(super) fingerprint: Option<Fingerprint>,
}

/// The transaction that is rolled back.
enum Undo<'s> {
    /// One of its own; dropped in the middle, it is rolled back before the connection is used again.
    Transaction(Transaction<'s, Postgres>),
    /// A savepoint in one that somebody began by hand, of which the driver does not know.
    Savepoint(&'s mut PgConnection),
}

/// Two schemas in the middle of a transaction.
pub(super) struct Shadow<'s> {
    options: &'s FingerprintOptions,
    undo: Undo<'s>,
    dispatch: Dispatch,
    public: String,
    tenant: String,
    pub(super) not_replayed: Vec<NotReplayed>,
}

impl<'s> Shadow<'s> {
    /// Begins a transaction.
    pub(super) async fn begin(
        session: &'s mut Session<'_>,
        options: &'s FingerprintOptions,
    ) -> Result<Self, Failure> {
        let failed = |failed: Failed| Failure::ledger(super::DOING, failed.error);
        let connection = session
            .connection()
            .await
            .map_err(|error| failed(Failed::at(0)(error)))?;
        let known = connection.is_in_transaction();
        // Outside of a transaction this is an error, and changes nothing.
        let by_hand = !known && session.send(SAVEPOINT.to_owned()).await.is_ok();
        let undo = if by_hand {
            let connection = session.connection().await;
            Undo::Savepoint(connection.map_err(|error| failed(Failed::at(0)(error)))?)
        } else {
            Undo::Transaction(session.begin().await.map_err(failed)?)
        };
        let token = token();
        Ok(Shadow {
            options,
            undo,
            dispatch: Dispatch::Message,
            public: format!("pgmig_shadow_{token}_public"),
            tenant: format!("pgmig_shadow_{token}_tenant"),
            not_replayed: Vec::new(),
        })
    }

    /// Makes the schemas.
    pub(super) async fn create(&mut self, migrator: &Migrator) -> Result<(), Failure> {
        let citus = "SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'";
        let found = self.ask(citus.to_owned()).await?;
        let citus = found.iter().any(|rows| !rows.is_empty());
        self.dispatch = migrator.runner().dispatch(citus);
        let settings = &migrator.settings;
        let statement_timeout = settings.statement_timeout;
        let statement_timeout = statement_timeout.map_or(0, |timeout| timeout.as_millis().max(1));
        let lock_timeout = settings.lock_timeout.as_millis().max(1);
        self.ask(set_local(&[
            ("lock_timeout", lock_timeout.to_string()),
            ("statement_timeout", statement_timeout.to_string()),
        ]))
        .await?;
        for schema in [self.public.clone(), self.tenant.clone()] {
            self.ask(format!("CREATE SCHEMA {}", quote::ident(&schema)))
                .await?;
        }
        Ok(())
    }

    /// Replays migrations of one scope.
    pub(super) async fn replay(
        &mut self,
        migrations: &'static [Migration],
        enums: &Enums,
    ) -> Result<(), Failure> {
        for migration in migrations {
            let script = &migration.0.up.0;
            let mut message = self.message(migration);
            for (index, statement) in script.statements.iter().enumerate() {
                match enums.instead_of(script, index) {
                    _ if is_left_out(statement) => self.leave_out(script, statement),
                    Some("") => {}
                    Some(instead) => message.ours(instead),
                    None => self.add(&mut message, migration, index),
                }
            }
            // Where each migration has a transaction of its own, its end does this; a table with
            // pending checks could not be altered by the next one.
            message.ours("SET CONSTRAINTS ALL IMMEDIATE");
            let sent = self.send(&message).await;
            sent.map_err(|failed| Failure::of(&message, failed, self.dispatch, 0))?;
        }
        Ok(())
    }

    /// The schema in which a migration is replayed.
    pub(super) fn schema(&self, migration: &Migration) -> &str {
        match migration.scope() {
            Scope::Tenant => &self.tenant,
            Scope::Public | Scope::Drizzle => &self.public,
        }
    }

    /// The beginning of a message: what the statements of a migration see.
    pub(super) fn message(&self, migration: &Migration) -> Message {
        // What is not of the migrations (an extension's functions) is found in `public` itself.
        let mut path = vec![quote::ident(&self.public), quote::ident("public")];
        if migration.scope() == Scope::Tenant {
            path.insert(0, quote::ident(&self.tenant));
        }
        let mut message = Message::default();
        message.target(&Target {
            scope: migration.scope(),
            schema: self.schema(migration).to_owned(),
            tenant: None,
        });
        message.ours(&set_local(&[("search_path", path.join(", "))]));
        message
    }

    /// Adds a statement of a migration to a message.
    pub(super) fn add(&self, message: &mut Message, migration: &'static Migration, index: usize) {
        let fill = Fill {
            schema: self.schema(migration),
            plain: true,
            public: Some(&self.public),
        };
        message.statement(migration, &migration.0.up.0, index, fill);
    }

    pub(super) async fn send(&mut self, message: &Message) -> Result<Answers, Failed> {
        if self.dispatch != Dispatch::Statement {
            return send(self.undo.connection(), message.sql().to_owned()).await;
        }
        let mut answers = Answers::new();
        for statement in message.statements() {
            let sent = send(self.undo.connection(), statement).await;
            answers.extend(sent.map_err(|failed| Failed::at(answers.len())(failed.error))?);
        }
        Ok(answers)
    }

    fn leave_out(&mut self, script: &ScriptParts, statement: &Statement) {
        let left_out = NotReplayed {
            path: script.path,
            line: statement.0.line,
            kind: statement.0.kind,
        };
        if !self.not_replayed.contains(&left_out) {
            self.not_replayed.push(left_out);
        }
    }

    /// What `public` should be, as far as was replayed, and what it is.
    pub(super) async fn compare_public(&mut self) -> Result<(Expected, Description), Failure> {
        let names = vec![self.public.clone(), "public".to_owned()];
        let question = Question::new(names, self.options);
        let found = self.facts(&question).await?;
        let of = |name: &str| {
            let found = found
                .iter()
                .find(|description| description.schema() == name);
            found
                .cloned()
                .unwrap_or_else(|| nothing(name, self.options))
        };
        let description = of(&self.public);
        Ok((
            Expected {
                description,
                fingerprint: None,
            },
            of("public"),
        ))
    }

    /// What a tenant's schema should be, as far as was replayed.
    pub(super) async fn expected_tenant(&mut self) -> Result<Expected, Failure> {
        let question =
            Question::new(vec![self.tenant.clone()], self.options).taking(&self.public, "public");
        let description = self.facts(&question).await?.pop();
        let fingerprint = match question.hashes() {
            Some(message) => {
                let answers = self.ask(message).await?;
                read_hashes(answers).map_err(Failure::last)?.pop()
            }
            None => None,
        };
        Ok(Expected {
            description: description.unwrap_or_else(|| nothing(&self.tenant, self.options)),
            fingerprint,
        })
    }

    async fn facts(&mut self, question: &Question<'_>) -> Result<Vec<Description>, Failure> {
        let Some(message) = question.facts() else {
            return Ok(Vec::new());
        };
        let answers = self.ask(message).await?;
        question.read_facts(answers).map_err(Failure::last)
    }

    pub(super) async fn ask(&mut self, message: String) -> Result<Answers, Failure> {
        let sent = send(self.undo.connection(), message).await;
        sent.map_err(|failed| Failure::ledger(super::DOING, failed.error))
    }

    /// Makes it all undone.
    pub(super) async fn end(self) -> Result<(), Failure> {
        let undone = match self.undo {
            Undo::Transaction(transaction) => transaction.rollback().await,
            Undo::Savepoint(connection) => {
                let undo = "ROLLBACK TO SAVEPOINT pgmig_shadow; RELEASE SAVEPOINT pgmig_shadow";
                let sent = send(connection, undo.to_owned()).await;
                sent.map(drop).map_err(|failed| failed.error)
            }
        };
        undone.map_err(|error| Failure::ledger(super::DOING, error))
    }
}

const SAVEPOINT: &str = "SAVEPOINT pgmig_shadow";

impl Undo<'_> {
    fn connection(&mut self) -> &mut PgConnection {
        match self {
            Undo::Transaction(transaction) => transaction,
            Undo::Savepoint(connection) => connection,
        }
    }
}

/// Whether a statement cannot be replayed beside the real thing: it is about something that a
/// database or a server has once, it is about another schema, or it cannot run in a transaction.
fn is_left_out(statement: &Statement) -> bool {
    const ONCE: [&str; 16] = [
        "extension",
        "role",
        "database",
        "tablespace",
        "publication",
        "subscription",
        "event trigger",
        "server",
        "user mapping",
        "foreign-data wrapper",
        "language",
        "cast",
        "transform",
        "access method",
        "schema",
        "parameter",
    ];
    let parts = &statement.0;
    let kind = parts.kind.to_lowercase();
    let about = |noun: &&str| {
        kind.split_once(' ')
            .is_some_and(|(_, object)| object == *noun)
    };
    let elsewhere = |object: &Object| {
        let schema = object.schema.filter(|schema| *schema != "public");
        // Before a column stands its table.
        schema.is_some() && object.kind != "column" && parts.slots.is_empty()
    };
    ONCE.iter().any(about)
        || kind == "alter system"
        || kind.ends_with(" owned")
        || (!parts.in_transaction && parts.concurrently.is_none())
        || parts.objects.iter().any(elsewhere)
}
