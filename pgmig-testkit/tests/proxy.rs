//! The proxy counts what goes through it, and cuts where it is told to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pgmig_testkit::{At, Direction, Point, Proxy, TestDatabase};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

async fn start() -> (TestDatabase, Proxy) {
    let db = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(&db).await.unwrap();
    (db, proxy)
}

async fn tables(db: &TestDatabase) -> i64 {
    let count = "SELECT count(*) FROM pg_class WHERE relname LIKE 'made%'";
    let mut connection = db.connect().await.unwrap();
    connection.fetch_one(count).await.unwrap().get(0)
}

#[tokio::test]
async fn a_simple_query_is_one_round_trip_whatever_it_holds() {
    let (_db, proxy) = start().await;
    let mut connection = PgConnection::connect(proxy.url()).await.unwrap();
    proxy.reset();
    connection.execute("SELECT 1; SELECT 2").await.unwrap();
    assert_eq!(proxy.round_trips(), 1);
    let sent = proxy.sent();
    let [query] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(
        (query.kind, query.sql.as_deref()),
        ('Q', Some("SELECT 1; SELECT 2"))
    );
}

#[tokio::test]
async fn the_messages_of_a_prepared_statement_are_seen() {
    let (_db, proxy) = start().await;
    let mut connection = PgConnection::connect(proxy.url()).await.unwrap();
    proxy.reset();
    let query = sqlx::query("SELECT $1").bind(7);
    query.fetch_one(&mut connection).await.unwrap();
    let sent = proxy.sent();
    let parse = sent.iter().find(|sent| sent.kind == 'P').unwrap();
    assert_eq!(parse.sql.as_deref(), Some("SELECT $1"));
    assert!(sent.iter().any(|sent| sent.kind == 'B'));
    assert!(proxy.round_trips() > 0);
}

#[tokio::test]
async fn a_cut_before_a_query_keeps_it_from_the_server() {
    let (db, proxy) = start().await;
    let mut connection = PgConnection::connect(proxy.url()).await.unwrap();
    proxy.reset();
    proxy.cut_at(Point {
        direction: Direction::ToServer,
        at: At::Message(1),
    });
    connection
        .execute("CREATE TABLE made_first ()")
        .await
        .unwrap();
    assert!(
        connection
            .execute("CREATE TABLE made_second ()")
            .await
            .is_err()
    );
    assert_eq!(tables(&db).await, 1);
    // It cuts once: the next connection works.
    let mut next = PgConnection::connect(proxy.url()).await.unwrap();
    next.execute("CREATE TABLE made_third ()").await.unwrap();
    assert_eq!(tables(&db).await, 2);
}

#[tokio::test]
async fn a_cut_within_a_query_keeps_it_from_the_server() {
    let (db, proxy) = start().await;
    let mut connection = PgConnection::connect(proxy.url()).await.unwrap();
    proxy.reset();
    proxy.cut_at(Point {
        direction: Direction::ToServer,
        at: At::Byte(17),
    });
    assert!(connection.execute("CREATE TABLE made ()").await.is_err());
    assert_eq!(tables(&db).await, 0);
}

#[tokio::test]
async fn a_cut_before_the_answer_hides_that_the_query_was_done() {
    let (db, proxy) = start().await;
    let mut connection = PgConnection::connect(proxy.url()).await.unwrap();
    proxy.reset();
    proxy.cut_at(Point {
        direction: Direction::ToClient,
        at: At::Message(0),
    });
    assert!(connection.execute("CREATE TABLE made ()").await.is_err());
    assert_eq!(tables(&db).await, 1);
}

#[tokio::test]
async fn a_stop_holds_the_traffic_until_it_is_released() {
    let (db, proxy) = start().await;
    let mut connection = PgConnection::connect(proxy.url()).await.unwrap();
    proxy.reset();
    let mut stop = proxy.stop_at(Point {
        direction: Direction::ToServer,
        at: At::Message(0),
    });
    let query = tokio::spawn(async move {
        let done = connection.execute("CREATE TABLE made ()").await;
        done.map(drop)
    });
    assert!(stop.reached().await);
    assert_eq!(tables(&db).await, 0);
    stop.release();
    query.await.unwrap().unwrap();
    assert_eq!(tables(&db).await, 1);
}

#[tokio::test]
async fn a_stop_that_another_replaces_says_so() {
    let (_db, proxy) = start().await;
    let point = Point {
        direction: Direction::ToServer,
        at: At::Message(0),
    };
    let mut first = proxy.stop_at(point);
    let _second = proxy.stop_at(point);
    assert!(!first.reached().await);
}
