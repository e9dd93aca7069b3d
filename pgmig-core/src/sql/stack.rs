//! A stack that deep nesting cannot overflow: the parser calls itself for each level, and the
//! compiler's own stack has room for some hundred.

use std::thread;

/// Address space only: the system gives memory when it is touched.
const BYTES: usize = 256 << 20;

/// Runs `work` on a thread with a large stack; on this one where no thread can be had.
///
/// A panic inside goes on here.
pub(super) fn with_a_large_one<T: Send>(work: impl Fn() -> T + Sync) -> T {
    let result = thread::scope(|scope| {
        thread::Builder::new()
            .name("pgmig-sql".to_owned())
            .stack_size(BYTES)
            .spawn_scoped(scope, &work)
            .map(thread::ScopedJoinHandle::join)
    });
    match result {
        Ok(Ok(value)) => value,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(_) => work(),
    }
}
