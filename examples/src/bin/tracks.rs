//! Prints the tracks of a file.
//!
//! `cargo run -p viralforge-examples --bin tracks -- talk.mp4`

#![allow(clippy::print_stdout, reason = "the result goes to standard output")]

use viralforge_core::*;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: tracks FILE")?;
    let info = probe(&Source::from_path(path)?, &Monitor::new())?;
    for stream in &info.streams {
        println!("{} {} {}", stream.index, stream.kind, stream.codec);
    }
    Ok(())
}
