//! What people make of scenes: lists and cut lists for other programs, chapters, plots, contact sheets, and a file for
//! each scene.

mod chapters;
mod drawing;
mod edl;
mod fcpxml;
mod format;
mod list;
mod otio;
mod plot;
mod sheet;
mod shot;
mod split;
mod statistics;
mod template;
mod timebase;
mod timeline;
mod write;

pub use format::{SceneFormat, WriteScenesOptions};
pub use sheet::{ScenePart, SceneSheet, SceneSheetOptions, SceneTile, SheetFormat, make_scene_sheet};
pub use split::{SplitOptions, split_scenes};
pub use statistics::{StatisticsFormat, WriteStatisticsOptions, write_scene_statistics};
pub use write::write_scenes;
