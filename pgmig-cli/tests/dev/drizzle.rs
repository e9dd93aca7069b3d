//! `cargo pgmig init --drizzle`, `generate` and `push`. drizzle-kit is a script that stands in for it
//! here; `compat` has the same with the real ones.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::project::{Project, Said};

const KIT: &str = "node_modules/.bin/drizzle-kit";
const DONE: &str = "echo '[✓] Your SQL migration file'";

/// Writes the journal with these tags, as drizzle-kit 0.x does.
fn journal(tags: &[&str]) -> String {
    let entries = tags.iter().enumerate().map(|(idx, tag)| {
        format!(r#"{{"idx": {idx}, "version": "7", "when": 17000000000{idx:02}, "tag": "{tag}", "breakpoints": true}}"#)
    });
    let entries: Vec<String> = entries.collect();
    format!(
        "mkdir -p migrations/drizzle/meta\ncat > migrations/drizzle/meta/_journal.json <<'END'\n\
         {{\"version\": \"7\", \"dialect\": \"postgresql\", \"entries\": [{}]}}\nEND\n",
        entries.join(",")
    )
}

/// A script of drizzle-kit's that writes a first migration.
fn writes(sql: &str) -> String {
    format!(
        "{}cat > migrations/drizzle/0000_first.sql <<'END'\n{sql}\nEND\n{DONE}",
        journal(&["0000_first"])
    )
}

/// A project after `init --drizzle`, in which drizzle-kit does this.
fn project(kit: &str) -> Project {
    let project = Project::new();
    project.done("init --drizzle");
    with_kit(&project, kit);
    project
}

fn with_kit(project: &Project, kit: &str) {
    project.write(KIT, &format!("#!/bin/sh\necho \"$@\" > ran\n{kit}\n"));
    executable(project);
}

fn executable(project: &Project) {
    let file = project.path().join(KIT);
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs without the database of whoever runs the test.
fn run(project: &Project, args: &str, variables: &[(&str, &str)]) -> Said {
    let mut command = project.command(args);
    command.env_remove("DATABASE_URL").env_remove("PGHOST");
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn init_makes_what_drizzle_needs_and_says_what_comes_next() {
    let project = Project::new();
    let said = project.done("init --drizzle");
    assert!(
        said.starts_with(
            "     Created migrations/public/.gitkeep
     Created migrations/tenant/.gitkeep
     Created migrations/drizzle/.gitkeep
     Created drizzle.config.ts
     Created drizzle/schema.ts
     Created migrations/pgmig.lock
     Created build.rs

Next, with Node.js, for the first migration:
  npm install drizzle-orm pg && npm install --save-dev drizzle-kit
  cargo pgmig generate

Next, in your code:
"
        ),
        "{said}"
    );
    let config = project.read("drizzle.config.ts");
    for line in [
        "  out: './migrations/drizzle',\n",
        "  schemaFilter: ['public'],\n",
        "  schema: './drizzle/schema.ts',\n",
    ] {
        assert!(config.contains(line), "{config}");
    }
    assert!(!config.contains("tablesFilter"), "{config}");
    assert_eq!(
        project.done("check"),
        "     Checked 0 migrations (0 public, 0 tenant)\n"
    );
}

#[test]
fn init_leaves_what_is_there_and_keeps_drizzle_away_from_tables_made_by_hand() {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id int); CREATE TABLE gone (id int); DROP TABLE gone;",
    );
    project.done("init --drizzle");
    let config = project.read("drizzle.config.ts");
    assert!(
        config.contains("tablesFilter: ['*', '!users'],"),
        "{config}"
    );
    assert!(!project.read("drizzle/schema.ts").contains("\nexport const"));

    project.write("drizzle.config.ts", "mine");
    let said = project.done("init --drizzle");
    assert!(
        said.contains("drizzle.config.ts stays as it is: it needs `out: './migrations/drizzle'`"),
        "{said}"
    );
    assert_eq!(project.read("drizzle.config.ts"), "mine");
}

#[test]
fn in_a_folder_without_scopes_init_says_that_they_have_to_be_made_first() {
    let project = Project::new();
    project.write("migrations/001_a.sql", "CREATE TABLE a (id int);");
    let said = project.done("init --drizzle");
    assert!(said.contains("move them to migrations/public"), "{said}");
    assert!(!project.path().join("drizzle.config.ts").exists());
    // Unless it is drizzle-kit that writes them.
    let project = Project::new();
    project.write("migrations/20260131120000_a/migration.sql", "SELECT 1;");
    project.write("migrations/20260131120000_a/snapshot.json", "{}");
    project.done("init --drizzle");
    let config = project.read("drizzle.config.ts");
    assert!(config.contains("out: './migrations',"), "{config}");
}

#[test]
fn generate_runs_the_projects_own_drizzle_kit_and_says_what_comes_next() {
    let project = project(&writes("CREATE TABLE \"a\" (\"id\" int);"));
    let said = project.done("generate Add-phone -- --prefix=timestamp");
    assert_eq!(
        said,
        "[✓] Your SQL migration file
     Created migrations/drizzle/0000_first.sql

Next, when it is as you want it (it is a draft, and you may edit it):
  cargo pgmig lock
"
    );
    assert_eq!(
        project.read("ran"),
        "generate --config=drizzle.config.ts --name=Add_phone --prefix=timestamp\n"
    );
    assert!(project.done("lock").contains("locks drizzle 0 first"));
    project.done("check");
}

#[test]
fn what_was_generated_is_checked_with_its_place() {
    let project = project(&writes(
        "CREATE TABLE \"a\" (\"id\" int);--> statement-breakpoint\nALTER TABLE \"b\" ADD \"x\" int;",
    ));
    let said = project.run("generate");
    assert_eq!(said.code, 1);
    assert!(
        said.out
            .contains("Created migrations/drizzle/0000_first.sql"),
        "{}",
        said.out
    );
    assert!(
        said.err
            .contains("error: migrations/drizzle/0000_first.sql:2:13: "),
        "{}",
        said.err
    );
    assert!(
        said.err
            .contains("error: 1 problem; `cargo pgmig lint --explain "),
        "{}",
        said.err
    );
}

#[test]
fn where_nothing_changed_it_says_so() {
    let project = project("echo 'No schema changes, nothing to migrate'");
    let said = project.done("generate");
    assert!(
        said.ends_with("   Unchanged drizzle-kit wrote no migration\n"),
        "{said}"
    );
}

#[test]
fn the_files_tell_that_it_failed_and_not_the_exit_code() {
    let project = project("echo 'Error: Transform failed' >&2");
    let said = project.run("generate");
    assert_eq!(said.code, 2);
    assert!(
        said.err
            .starts_with("Error: Transform failed\nerror: drizzle-kit wrote no migration"),
        "{}",
        said.err
    );
    with_kit(&project, "exit 3");
    let said = project.run("generate");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("failed: it ended with 3"), "{}", said.err);
}

#[test]
fn a_question_reaches_whoever_runs_it() {
    let project = project(&format!(
        "read answer; echo \"got $answer\"; {}",
        writes("SELECT 1;")
    ));
    let mut generate = project.command("generate");
    generate.stdin(std::process::Stdio::piped());
    generate.stdout(std::process::Stdio::piped());
    let mut running = generate.spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"rename\n").unwrap();
    drop(input);
    let output = running.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("got rename\n"), "{said}");
}

#[test]
fn what_is_missing_is_told_with_the_way_out() {
    let project = Project::new();
    project.write("pnpm-lock.yaml", "");
    let said = project.run("generate");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("there is no drizzle.config.ts in "),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("`cargo pgmig init --drizzle`"),
        "{}",
        said.err
    );
    project.done("init --drizzle");
    let said = project.run("generate");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("drizzle-kit is not installed"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("pnpm add --save-dev drizzle-kit"),
        "{}",
        said.err
    );
    // As `#!/usr/bin/env node` fails.
    project.write(KIT, "#!/usr/bin/env a-node-that-is-not-there\n");
    executable(&project);
    let said = project.run("generate");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("there is no Node.js"), "{}", said.err);
}

#[test]
fn a_config_that_writes_elsewhere_is_told_before_anything_runs() {
    let project = project("echo");
    project.write("drizzle.config.ts", "export default { out: './drizzle' };");
    let said = project.run("generate");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("drizzle-kit writes to `./drizzle`")
            && said.err.contains("out: './migrations/drizzle'"),
        "{}",
        said.err
    );
    assert!(!project.path().join("ran").exists());
    // A config beside other packages, as a monorepo has it.
    project.write(
        "web/drizzle.config.ts",
        "export default { out: '../migrations/tenant' };",
    );
    let said = project.run("generate --config web/drizzle.config.ts");
    assert!(said.err.contains("wrote no migration"), "{}", said.err);
    assert_eq!(
        project.read("web/ran"),
        "generate --config=drizzle.config.ts\n"
    );
}

#[test]
fn a_drizzle_kit_of_before_0_21_has_other_words() {
    let project = project(&writes("SELECT 1;"));
    project.write(
        "node_modules/drizzle-kit/package.json",
        r#"{"version": "0.20.18"}"#,
    );
    let said = project.done("generate add_phone");
    assert!(said.contains("`add_phone` is not used"), "{said}");
    assert_eq!(
        project.read("ran"),
        "generate:pg --config=drizzle.config.ts\n"
    );
}

#[test]
fn push_is_for_a_database_on_this_machine() {
    let project = project("echo '[✓] Changes applied'");
    let push = |args: &str, url: &str| run(&project, args, &[("DATABASE_URL", url)]);
    let said = push("push", "postgres://me@localhost/shop");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert!(
        said.out.contains("\n  cargo pgmig generate\n"),
        "{}",
        said.out
    );
    assert_eq!(project.read("ran"), "push --config=drizzle.config.ts\n");

    fs::remove_file(project.path().join("ran")).unwrap();
    for url in [
        "postgres://me@db/shop",
        "postgres:///shop?host=db",
        "host=db",
    ] {
        let said = push("push", url);
        assert_eq!(said.code, 2, "{url}");
        assert!(said.err.contains("it is at `db`"), "{}", said.err);
        assert!(
            said.err.contains("cargo pgmig push --force"),
            "{}",
            said.err
        );
    }
    let said = push("push -- --url postgres://db/x", "postgres://localhost/x");
    assert!(said.err.contains("it is at `db`"), "{}", said.err);
    let said = run(&project, "push", &[]);
    assert!(said.err.contains("DATABASE_URL is not set"), "{}", said.err);
    let elsewhere = [("DATABASE_URL", "postgres:///shop"), ("PGHOST", "db")];
    assert!(
        run(&project, "push", &elsewhere)
            .err
            .contains("it is at `db`")
    );
    project.write(".env", "DATABASE_URL=postgres://db/shop\n");
    let said = run(&project, "push", &[]);
    assert!(said.err.contains("it is at `db`"), "{}", said.err);
    assert!(!project.path().join("ran").exists());

    assert_eq!(push("push --force", "postgres://db/shop").code, 0);
    assert_eq!(project.read("ran"), "push --config=drizzle.config.ts\n");
}

#[test]
fn a_database_that_the_config_computes_is_not_known_to_be_local() {
    let project = project("echo '[✓] Changes applied'");
    let with = |credentials: &str| {
        let config = format!(
            "export default {{ out: 'migrations/drizzle', schemaFilter: ['public'], {credentials} }};"
        );
        project.write("drizzle.config.ts", &config);
        run(&project, "push", &[("DB", "postgres://localhost/x")])
    };
    assert_eq!(with("dbCredentials: { url: process.env['DB']! }").code, 0);
    assert_eq!(
        with("dbCredentials: { host: '127.0.0.1', database: 'x' }").code,
        0
    );
    assert_eq!(
        with("dbCredentials: { url: process.env.NO ?? 'postgres:///x' }").code,
        0
    );
    let said = with("dbCredentials: { url: await secret() }");
    assert!(
        said.err.contains("it is at `await secret()`"),
        "{}",
        said.err
    );
    let said = with("dbCredentials");
    assert!(
        said.err.contains("spells no `url` and no `host`"),
        "{}",
        said.err
    );
    let said = with("dbCredentials: { url: `postgres://${host}/x` }");
    assert_eq!(said.code, 2, "{}", said.out);
}

#[test]
fn push_is_refused_where_drizzle_would_drop_what_it_does_not_know() {
    let project = project("echo '[i] No changes detected'");
    let local = [("DATABASE_URL", "postgres://localhost/shop")];
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id int); CREATE VIEW seen AS SELECT id FROM users;",
    );
    let said = run(&project, "push --force", &local);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("push would drop `users`, `seen`")
            && said
                .err
                .contains("`tablesFilter: ['*', '!users', '!seen']`"),
        "{}",
        said.err
    );
    let config = project.read("drizzle.config.ts");
    for filter in [
        "['*', '!users', '!seen']",
        "['!use*', '!seen']",
        "['notes']",
        "filter()",
    ] {
        let filter = format!("schemaFilter: ['public'], tablesFilter: {filter},");
        project.write(
            "drizzle.config.ts",
            &config.replace("schemaFilter: ['public'],", &filter),
        );
        let said = run(&project, "push", &local);
        assert_eq!(said.code, 0, "{filter} {}", said.err);
    }
    project.write(
        "drizzle.config.ts",
        &config.replace("schemaFilter", "schemas"),
    );
    let said = run(&project, "push", &local);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("write `schemaFilter: ['public']`"),
        "{}",
        said.err
    );
}

#[test]
fn a_push_that_does_not_say_that_it_is_done_is_not() {
    let project = project("echo '[x] Pulling schema from database...'");
    let said = run(
        &project,
        "push",
        &[("DATABASE_URL", "postgres://localhost/shop")],
    );
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("did not say that it is done"),
        "{}",
        said.err
    );
}
