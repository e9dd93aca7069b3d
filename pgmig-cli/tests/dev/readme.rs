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

/// Checksums depend on what a person writes into the migration.
fn without_checksums(text: &str) -> String {
    let mut parts = text.split("v1:");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + "v1:..." + &part[12..])
}

#[test]
fn the_readmes_tour_prints_what_the_readme_says() {
    let project = Project::new();
    let mut ran = 0;
    for block in blocks("console") {
        for command in block.split("$ ").filter(|part| !part.is_empty()) {
            let (command, output) = command.split_once('\n').unwrap();
            let Some(args) = command.strip_prefix("cargo pgmig ") else {
                continue;
            };
            let said = project.done(args);
            assert!(said.starts_with(output), "$ {command}\n{said}");
            ran += 1;
            if args.starts_with("new ") {
                let file = "migrations/tenant/001_create_customers.sql";
                project.write(file, "CREATE TABLE customers (name text);");
            }
        }
    }
    assert_eq!(ran, 3);

    let file = "migrations/tenant/001_create_customers.sql";
    project.write(file, "CREATE TABLE customers (name varchar);");
    let said = project.run("check");
    let texts = blocks("text");
    let shown = texts.iter().find(|block| block.contains("was edited"));
    let shown = format!("{}\nerror: 1 problem\n", shown.unwrap());
    assert_eq!(without_checksums(&said.err), without_checksums(&shown));
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
