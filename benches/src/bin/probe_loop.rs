//! What one call of `probe` costs, for the comparison with the bindings: `probe_loop FILE CALLS` prints microseconds.

#![allow(clippy::print_stdout, reason = "a program for a terminal")]

use std::hint::black_box;
use std::time::Instant;

use viralforge_core::{Monitor, Source, probe};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(calls)) = (args.next(), args.next()) else {
        return Err("usage: probe_loop FILE CALLS".into());
    };
    let calls: u32 = calls.parse()?;
    let once = || Ok::<_, viralforge_core::Error>(black_box(probe(&Source::from_path(&file)?, &Monitor::new())?));
    for _ in 0..calls / 10 {
        once()?;
    }
    let began = Instant::now();
    for _ in 0..calls {
        once()?;
    }
    println!("{}", began.elapsed().as_secs_f64() / f64::from(calls) * 1e6);
    Ok(())
}
