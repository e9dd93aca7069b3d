//! Compares what schemas are with what they should be.

use std::collections::BTreeMap;

use super::report::{DriftGroup, NotReplayed, Verification};
use super::shadow::Expected;
use super::wanted::Wanted;
use crate::db::Session;
use crate::error::Error;
use crate::fingerprint::{Difference, Question, catalog_error, read_hashes};
use crate::{Description, FingerprintOptions, Scope};

/// What the replay found.
#[derive(Default)]
pub(super) struct Found {
    /// What `public` should be, and what it is.
    pub(super) public: Option<(Expected, Description)>,
    /// What tenants should be, by the number of their migrations.
    pub(super) tenants: BTreeMap<usize, Expected>,
    pub(super) not_replayed: Vec<NotReplayed>,
}

/// How many schemas are described by one statement.
const AT_ONCE: usize = 100;

/// Compares all schemas: each by its fingerprint, and those that differ fact by fact, one for all
/// that have the same fingerprint.
pub(super) async fn compare(
    session: &mut Session<'_>,
    options: &FingerprintOptions,
    wanted: Wanted,
    found: Found,
) -> Result<Verification, Error> {
    let mut result = Verification {
        unverified: wanted.unverified,
        not_replayed: found.not_replayed,
        ..Verification::default()
    };
    if let Some((expected, actual)) = &found.public {
        add(
            &mut result,
            Scope::Public,
            &expected.description,
            actual,
            &["public".to_owned()],
        );
    }
    let alike = alike(
        session,
        options,
        wanted.tenants,
        &found.tenants,
        &mut result,
    )
    .await?;
    for chunk in alike.chunks(AT_ONCE) {
        let first = chunk.iter().filter_map(|(_, schemas)| schemas.first());
        let described = describe(session, options, first.cloned().collect()).await?;
        for (count, schemas) in chunk {
            let name = schemas.first().map_or("", String::as_str);
            let actual = described
                .iter()
                .find(|description| description.schema() == name);
            let empty = crate::fingerprint::nothing(name, options);
            if let Some(expected) = found.tenants.get(count) {
                add(
                    &mut result,
                    Scope::Tenant,
                    &expected.description,
                    actual.unwrap_or(&empty),
                    schemas,
                );
            }
        }
    }
    result
        .drifted
        .sort_by(|a, b| (b.schemas.len(), &a.schemas).cmp(&(a.schemas.len(), &b.schemas)));
    Ok(result)
}

async fn describe(
    session: &mut Session<'_>,
    options: &FingerprintOptions,
    schemas: Vec<String>,
) -> Result<Vec<Description>, Error> {
    let question = Question::new(schemas, options);
    let Some(message) = question.facts() else {
        return Ok(Vec::new());
    };
    let sent = session.send(message).await;
    question.read_facts(sent.map_err(|failed| catalog_error(failed.error))?)
}

/// The schemas whose fingerprint is not the expected one, those with the same one together.
async fn alike(
    session: &mut Session<'_>,
    options: &FingerprintOptions,
    tenants: Vec<(usize, String)>,
    expected: &BTreeMap<usize, Expected>,
    result: &mut Verification,
) -> Result<Vec<(usize, Vec<String>)>, Error> {
    let names = tenants.iter().map(|(_, schema)| schema.clone()).collect();
    let Some(message) = Question::new(names, options).hashes() else {
        return Ok(Vec::new());
    };
    let sent = session.send(message).await;
    let prints = read_hashes(sent.map_err(|failed| catalog_error(failed.error))?)?;
    let prints: BTreeMap<&str, [u8; 32]> = prints
        .iter()
        .map(|print| (print.schema(), print.digest()))
        .collect();
    let mut groups: BTreeMap<(usize, Option<[u8; 32]>), Vec<String>> = BTreeMap::new();
    for (count, schema) in tenants {
        let print = prints.get(schema.as_str()).copied();
        let wanted = expected
            .get(&count)
            .and_then(|expected| expected.fingerprint.as_ref());
        if print.is_some() && print == wanted.map(crate::Fingerprint::digest) {
            result.sound += 1;
        } else {
            groups.entry((count, print)).or_default().push(schema);
        }
    }
    Ok(groups
        .into_iter()
        .map(|((count, _), schemas)| (count, schemas))
        .collect())
}

/// Adds schemas that are alike, to a group that differs in the same way if there is one.
fn add(
    result: &mut Verification,
    scope: Scope,
    expected: &Description,
    actual: &Description,
    schemas: &[String],
) {
    let differences = expected.diff(actual);
    if differences.is_empty() {
        result.sound += schemas.len();
        return;
    }
    let told = |differences: &[Difference]| {
        differences
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let words = told(&differences);
    let mut groups = result.drifted.iter_mut();
    match groups.find(|group| group.scope == scope && told(&group.differences) == words) {
        Some(group) => {
            group.schemas.extend_from_slice(schemas);
        }
        None => result.drifted.push(DriftGroup {
            scope,
            schemas: schemas.to_vec(),
            differences,
            name: actual.name.clone(),
        }),
    }
}
