//! Media work in a process of its own, which may read its input, write its output, and do nothing else.
//!
//! The host writes a [`Task`] to the child's standard input and reads lines from its standard output. A crash, a
//! hang or a compromise of a decoder costs that one child.

mod child;
mod clips;
mod kinds;
mod run;
#[cfg(target_os = "linux")]
mod sandbox;
mod scenes;
mod task;
mod thumbnails;

pub(crate) use child::main;
pub(crate) use kinds::{KINDS, prepare};
pub(crate) use run::{Ended, Told, run};
pub(crate) use task::{ClipRequest, Made, Outcome, Rlimits, Task};
