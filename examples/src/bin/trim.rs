//! Cuts seconds 2 to 5 out of a video, exact to the frame.
//!
//! `cargo run -p viralforge-examples --bin trim -- talk.mp4 intro.mp4`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use viralforge_core::*;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let (Some(from), Some(to)) = (args.next(), args.next()) else { return Err("usage: trim FILE OUT".into()) };
    let range = TimeRange::new(Timestamp::new(2, 1), Timestamp::new(5, 1)).ok_or("the end lies before the start")?;
    let options = TranscodeOptions::clip(range).with_speed(Speed::Veryfast);
    let monitor = Monitor::new().with_progress(|p| eprint!("\r{:>3.0} %", p.percent()));
    let report = transcode(&Source::from_path(from)?, &Output::to_path(to), &options, &monitor)?;
    println!("{} frames, {} bytes", report.frames_written, report.bytes_written);
    Ok(())
}
