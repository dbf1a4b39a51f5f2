//! A short wait without sleep. Waking a thread that sleeps takes tens of microseconds, as long as probing a small file.

use std::thread;
use std::time::{Duration, Instant};

/// How long it is worth not to sleep: about what two wakes cost.
const PATIENCE: Duration = Duration::from_micros(200);

/// Asks `ready` again and again for a moment, and lets other threads run meanwhile; whether it became true.
pub(crate) fn until(mut ready: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if ready() {
            return true;
        }
        thread::yield_now();
    }
    ready()
}
