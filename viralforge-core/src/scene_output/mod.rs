//! What people make of scenes: lists and cut lists for other programs, chapters, plots, contact sheets, and a file for
//! each scene.

mod chapters;
mod edl;
mod fcpxml;
mod format;
mod list;
mod otio;
mod shot;
mod template;
mod timebase;
mod timeline;
mod write;

pub use format::{SceneFormat, WriteScenesOptions};
pub use write::write_scenes;
