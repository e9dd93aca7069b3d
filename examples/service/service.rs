//! Booting: connect, migrate, listen.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use pgmig::Migrator;
use pgmig::cli::Answer;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api::{self, App};

/// A service that is up.
pub(crate) struct Service {
    /// What was migrated before it listened.
    pub(crate) migrated: Answer,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) app: App,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

/// Migrates `public` and every active tenant, and only then listens: no request ever meets an old
/// schema.
pub(crate) async fn boot(
    migrator: &Migrator,
    database_url: &str,
    listen: &str,
) -> Result<Service, Box<dyn Error>> {
    let pool = PgPool::connect(database_url).await?;
    let migrated = Answer::Setup(migrator.setup(&pool).await?);

    let app = App {
        pool,
        migrator: Arc::new(migrator.clone()),
    };
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let serve = axum::serve(listener, api::router(app.clone())).with_graceful_shutdown(async {
        // Told to stop, or the one who could tell is gone.
        let _ = stopped.await;
    });
    Ok(Service {
        migrated,
        address,
        app,
        stop,
        server: tokio::spawn(serve.into_future()),
    })
}

impl Service {
    /// Answers the requests that are under way, then stops.
    pub(crate) async fn stop(self) -> Result<(), Box<dyn Error>> {
        let _ = self.stop.send(());
        self.server.await??;
        self.app.pool.close().await;
        Ok(())
    }
}
