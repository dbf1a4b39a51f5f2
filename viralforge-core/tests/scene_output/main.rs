//! What is made of scenes: read by other people's programs, and made of a real video.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod pictures;
mod readers;
