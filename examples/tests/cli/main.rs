//! The `viralforge` program as a script sees it: exit status, standard output, standard error, and files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod bad_input;
mod clips;
mod interrupt;
mod isolation;
mod media;
mod program;
mod programs;
mod reports;
mod scenes;
mod usage;
