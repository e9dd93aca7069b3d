//! Forwarding between a client and the server, a message at a time.

use super::traffic::{Direction, Onward, Traffic, Verdict};
use super::wire;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Takes connections until `ended`, in a runtime of its own.
pub(super) fn run(
    listener: std::net::TcpListener,
    upstream: (String, u16),
    traffic: Arc<Traffic>,
    ended: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    // Without a runtime nothing is taken: clients see a connection that ends at once.
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(listener) = TcpListener::from_std(listener) else {
            return;
        };
        tokio::select! {
            () = accept(listener, upstream, traffic) => {}
            _ = ended => {}
        }
    });
    // Dropping the runtime drops the connections.
}

async fn accept(listener: TcpListener, upstream: (String, u16), traffic: Arc<Traffic>) {
    while let Ok((client, _)) = listener.accept().await {
        let (upstream, traffic) = (upstream.clone(), Arc::clone(&traffic));
        tokio::spawn(async move {
            let mut cuts = traffic.cuts();
            tokio::select! {
                // An error of either side ends both, as it would without a proxy.
                _ = connection(client, upstream, &traffic) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn connection(
    mut client: TcpStream,
    upstream: (String, u16),
    traffic: &Traffic,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.split();
    let (from_server, mut to_server) = server.split();
    let mut from_client = BufReader::new(from_client);
    // The server's first `ReadyForQuery` ends the opening, for both ways.
    let opened = AtomicBool::new(false);
    let opening = loop {
        match wire::read(&mut from_client, true).await? {
            Some(request) if request.asks_for_encryption() => to_client.write_all(b"N").await?,
            Some(opening) => break opening,
            None => return Ok(()),
        }
    };
    forward(
        Direction::ToServer,
        &opening,
        &mut to_server,
        traffic,
        false,
    )
    .await?;
    let up = pump(
        Direction::ToServer,
        from_client,
        to_server,
        traffic,
        &opened,
    );
    let from_server = BufReader::new(from_server);
    let down = pump(
        Direction::ToClient,
        from_server,
        to_client,
        traffic,
        &opened,
    );
    tokio::try_join!(up, down).map(drop)
}

/// Forwards one way, until its sender has ended it.
async fn pump(
    direction: Direction,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    traffic: &Traffic,
    opened: &AtomicBool,
) -> std::io::Result<()> {
    while let Some(message) = wire::read(&mut from, false).await? {
        let open = opened.load(Ordering::Relaxed);
        if direction == Direction::ToClient && message.kind == Some('Z') {
            opened.store(true, Ordering::Relaxed);
        }
        forward(direction, &message, &mut to, traffic, open).await?;
    }
    to.shutdown().await
}

async fn forward(
    direction: Direction,
    message: &wire::Message,
    to: &mut (impl AsyncWrite + Unpin),
    traffic: &Traffic,
    opened: bool,
) -> std::io::Result<()> {
    if direction == Direction::ToServer {
        tokio::time::sleep(traffic.delay()).await;
    }
    let mut bytes = message.bytes.as_slice();
    if let Verdict::Hold(offset, gate) = traffic.pass(direction, message, opened) {
        to.write_all(&bytes[..offset]).await?;
        bytes = &bytes[offset..];
        if gate.wait().await == Onward::Cut {
            traffic.cut();
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
    }
    to.write_all(bytes).await
}
