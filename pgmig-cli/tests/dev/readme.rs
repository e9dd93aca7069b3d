//! The README's tour, command by command.

use super::project::Project;

const README: &str = include_str!("../../../README.md");

/// The blocks of a language, without what follows them.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = README.split(&fence).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

const CUSTOMERS: &str = "migrations/tenant/001_create_customers.sql";

#[test]
fn the_readmes_tour_prints_what_the_readme_says() {
    let project = Project::new();
    let sql = blocks("sql")[0];
    let mut ran = Vec::new();
    for block in blocks("console") {
        for command in block.split("$ ").filter(|part| !part.is_empty()) {
            let (command, output) = command.split_once('\n').unwrap();
            let Some(args) = command.strip_prefix("cargo pgmig ") else {
                continue;
            };
            assert_eq!(project.done(args), output, "$ {command}");
            ran.push(args.split(' ').next().unwrap());
            if args.starts_with("new ") {
                project.write(CUSTOMERS, sql);
            }
        }
    }
    assert_eq!(ran, ["init", "new", "lock", "check"]);

    let edited = "name varchar(100)";
    assert!(README.contains(&format!("Whoever makes that `{edited}`")));
    project.write(CUSTOMERS, &sql.replace("name text", edited));
    let said = project.run("check");
    let texts = blocks("text");
    let shown = texts.iter().find(|block| block.contains("was edited"));
    let more = "error: 1 problem; `cargo pgmig lint --explain edited-migration` says more";
    assert_eq!(said.err, format!("{}\n{more}\n", shown.unwrap()));
}

#[test]
fn what_the_readme_says_of_drizzle_are_commands_and_files_that_there_are() {
    let block = blocks("sh").pop().unwrap();
    let ran = block.lines().map(|line| {
        let (command, _) = line.split_once('#').unwrap();
        command.trim().strip_prefix("cargo pgmig ").unwrap()
    });
    let [init, generate, lock, push] = ran.collect::<Vec<_>>().try_into().unwrap();
    let project = Project::new();
    project.done(init);
    assert!(
        project
            .read("drizzle/schema.ts")
            .contains("pgTable('tenants'")
    );
    let shown = "schemaFilter: ['public']";
    assert!(README.contains(&format!("`drizzle.config.ts` must say `{shown}`")));
    assert!(project.read("drizzle.config.ts").contains(shown));
    project.done(lock);
    // drizzle-kit is not there: the project is told how to get it.
    for command in [generate, push] {
        let mut command = project.command(command);
        let output = command
            .env("DATABASE_URL", "postgres://localhost/shop")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("npm install"), "{command:?}: {said}");
    }
}

#[test]
fn the_readmes_warning_is_what_check_says() {
    let project = Project::new();
    project.done("init");
    project.done("lock");
    let file = "migrations/public/002_index_tenants.sql";
    project.write(file, "CREATE INDEX tenants_name_idx ON tenants (name);\n");
    let texts = blocks("text");
    let shown = texts.iter().find(|block| block.starts_with("warning: "));
    let said = project.run("check").err;
    assert!(said.starts_with(shown.unwrap()), "{said}");
}
