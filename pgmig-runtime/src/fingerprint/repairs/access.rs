//! Changes who owns an object, and who may do what with it.

use super::Repairs;
use super::alter::Change;

impl Repairs<'_> {
    /// Owners and grants.
    pub(super) fn alter_access(&self, change: Change<'_>) -> Option<Vec<String>> {
        let Change {
            key,
            attribute,
            want,
            have,
        } = change;
        if attribute == "owner" {
            return Some(vec![format!(
                "ALTER {} OWNER TO {}",
                self.address(key)?,
                want?
            )]);
        }
        let grantee = attribute.strip_prefix("grants to ")?;
        let (want, have) = (privileges(want), privileges(have));
        // A grant option that is too much or missing is left to a person.
        if want
            .iter()
            .chain(&have)
            .any(|privilege| privilege.ends_with(" WITH GRANT OPTION"))
        {
            return None;
        }
        let object = match key.kind.as_str() {
            "table" | "view" | "materialized view" | "foreign table" => {
                format!("TABLE {}", self.name(&key.name))
            }
            "schema" => format!("SCHEMA {}", self.schema().quoted()),
            "enum" | "range type" => format!("TYPE {}", self.name(&key.name)),
            "column" => format!("TABLE {}", self.parent(key)),
            "aggregate" => return None,
            _ => self.address(key)?,
        };
        let list = |of: &[&str], without: &[&str]| {
            let list = of.iter().filter(|privilege| !without.contains(privilege));
            let column = if key.kind == "column" {
                format!(" ({})", key.name)
            } else {
                String::new()
            };
            list.map(|privilege| format!("{privilege}{column}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (granted, revoked) = (list(&want, &have), list(&have, &want));
        let mut statements = Vec::new();
        if !granted.is_empty() {
            statements.push(format!("GRANT {granted} ON {object} TO {grantee}"));
        }
        if !revoked.is_empty() {
            statements.push(format!("REVOKE {revoked} ON {object} FROM {grantee}"));
        }
        Some(statements)
    }
}

fn privileges(list: Option<&str>) -> Vec<&str> {
    list.into_iter().flat_map(|list| list.split(", ")).collect()
}
