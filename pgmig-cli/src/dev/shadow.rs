//! `cargo pgmig check --shadow`: tries every way back in a database that is made for it.

use super::embed::embed;
use pgmig_core::{Folder, Problem};
use pgmig_runtime::{Migrator, Rehearsal, RehearsalOutcome};

use super::error::Error;
use super::server::{ServerArgs, block_on};

/// What is wrong with the ways back of a folder, found on a server.
pub(super) fn problems(
    folder: &Folder,
    shown: &str,
    server: &ServerArgs,
) -> Result<Vec<Problem>, Error> {
    block_on(async {
        let database = server.database().await?;
        let migrator = Migrator::new(embed(folder, shown));
        let tried = migrator.rehearse_rollbacks(&database.pool()).await?;
        Ok(tried.iter().filter_map(problem).collect())
    })
}

fn problem(tried: &Rehearsal) -> Option<Problem> {
    let path = tried.path.filter(|_| tried.is_wrong())?;
    let problem = |title: &str| Problem::error("irreversible", path, title);
    let with = |title: &str, notes: &[String]| {
        let notes = notes.iter();
        notes.fold(problem(title), |problem, note| problem.note(note.clone()))
    };
    Some(match &tried.outcome {
        RehearsalOutcome::NotRestored(differences) => with(
            "the down script does not restore what was before",
            differences,
        ),
        RehearsalOutcome::NotRepeated(differences) => with(
            "the migration makes something else when it is applied again",
            differences,
        ),
        RehearsalOutcome::Failed(error) => problem("the down script fails").note(error.to_string()),
        RehearsalOutcome::NotApplicable(error) => {
            problem("the migration cannot be applied again after its down script")
                .note(error.to_string())
        }
        other => problem(&format!("{other:?}")),
    })
}
