//! Many apps that boot at the same time, as the replicas of a service do.

use crate::app;
use crate::scenario::{self, Scenario};
use pgmig_testkit::Server;

/// Boots eight apps at once on a database, so often for each scenario; a statement outside a
/// transaction is among what they migrate.
async fn boot_eight(rounds: usize) {
    let server = Server::get().await.unwrap();
    for scenario in Scenario::all() {
        let expected = scenario.undisturbed(server).await;
        for round in 0..rounds {
            let place = scenario.place(server).await;
            let start = |_| app::start(place.url(), scenario.target, scenario.dispatch);
            let apps: Vec<_> = (0..8).map(start).collect();
            for app in apps {
                let ended = app::ended(app).await;
                assert_eq!(ended, Ok(()), "{scenario}, round {round}");
            }
            let verdict = scenario::judge(place.into_database().url(), &expected).await;
            assert!(
                verdict.spotless(),
                "{scenario}, round {round}\n{verdict:#?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_apps_that_boot_at_once_all_succeed_and_each_migration_is_applied_once() {
    boot_eight(2).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long"]
async fn the_same_in_twenty_rounds() {
    boot_eight(20).await;
}
