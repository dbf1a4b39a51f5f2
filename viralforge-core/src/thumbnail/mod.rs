//! Pictures that stand for a video.

mod choice;
mod extract;
mod frame;
mod options;
mod score;
mod still;
mod storyboard;

pub use extract::{Thumbnail, ThumbnailReport, extract_thumbnails, extract_thumbnails_from, write_thumbnails};
pub use frame::{Frame, extract_frames};
pub(crate) use frame::{Look, frames_at};
pub use options::{FrameOptions, StoryboardOptions, ThumbnailOptions};
pub use still::extract_still;
pub(crate) use storyboard::clock;
pub use storyboard::{Storyboard, StoryboardTile, make_storyboard};
