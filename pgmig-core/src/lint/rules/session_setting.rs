//! `SET` and `RESET` that outlive the migration.

use crate::lint::{Level, Rule};

/// The rule.
pub(crate) const SESSION_SETTING: Rule = Rule {
    name: "session-setting",
    level: Level::Deny,
    lock: None,
    about: "`SET`, `RESET` or `set_config` that stays in the session",
    why: "The connection goes back to the application's pool with the setting, or a pooler gives \
          it to another program. And pgmig sets `search_path` and the role itself: with another \
          `search_path`, a tenant's statements land in another tenant's schema.",
    instead: "`SET LOCAL` ends with the transaction. `search_path` and the role stay as they are; \
              a name in another schema is written with its schema.",
    example: "SET timezone = 'UTC';\n\
              \n\
              -- instead:\n\
              SET LOCAL timezone = 'UTC';",
    chapter: "SQL Commands, SET",
};
