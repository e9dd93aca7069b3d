//! The README's first command.

use super::program::{service, steady};

#[test]
fn the_demo_tells_the_whole_story() {
    let mut demo = service("demo");
    if let Ok(url) = std::env::var("DATABASE_URL") {
        demo.env("DATABASE_URL", url);
    }
    let output = demo.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{err}");
    assert_eq!(err, "");
    let said = steady(&String::from_utf8(output.stdout).unwrap());
    let (server, story) = said.split_once('\n').unwrap();
    assert!(server.starts_with("PostgreSQL "), "{server}");
    assert_eq!(story, include_str!("demo.txt"), "{story}");
}
