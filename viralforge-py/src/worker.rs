//! Threads for jobs.

use std::thread;

use viralforge_core::{Error, Result};

/// Runs `work` on a thread of its own.
pub(crate) fn run(work: impl FnOnce() + Send + 'static) -> Result<()> {
    let spawned = thread::Builder::new().name("viralforge".into()).spawn(work);
    spawned.map(drop).map_err(|source| Error::Io { input: "a thread for the job".into(), source })
}
