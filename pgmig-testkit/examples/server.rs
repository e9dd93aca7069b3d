//! Shows which PostgreSQL the tests would run on, and how long it takes to come to one.
//!
//! `cargo run -p pgmig-testkit --example server`

use pgmig_testkit::{Server, TestDatabase};
use std::time::Instant;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let server = Server::get().await?;
    println!("PostgreSQL {} from {:?}", server.major(), server.origin());
    println!("found or brought in {:?}", start.elapsed());
    let start = Instant::now();
    let db = TestDatabase::create().await?;
    println!("database {} created in {:?}", db.name(), start.elapsed());
    let start = Instant::now();
    drop(db);
    println!("dropped in {:?}", start.elapsed());
    Ok(())
}
