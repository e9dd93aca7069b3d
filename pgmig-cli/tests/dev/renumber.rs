//! `cargo pgmig renumber`.

use super::project::Project;

#[test]
fn a_draft_whose_version_is_taken_gets_the_next_one_with_its_down_script() {
    let project = Project::new();
    project.write(
        "migrations/public/001_users.sql",
        "CREATE TABLE users (id int);",
    );
    project.write(
        "migrations/public/002_plans.sql",
        "CREATE TABLE plans (id int);",
    );
    project.done("lock");
    project.write(
        "migrations/public/002_teams.sql",
        "CREATE TABLE teams (id int);",
    );
    project.write("migrations/public/002_teams.down.sql", "DROP TABLE teams;");
    assert_eq!(project.run("check").code, 1);
    assert_eq!(
        project.done("renumber"),
        "     Renamed migrations/public/002_teams.sql to migrations/public/003_teams.sql
     Renamed migrations/public/002_teams.down.sql to migrations/public/003_teams.down.sql\n"
    );
    project.done("lock");
    assert_eq!(project.run("check").code, 0);
    assert_eq!(project.done("renumber"), "   Unchanged nothing to do\n");
}
