//! Pictures that stand for a video.

mod choice;
mod extract;
mod frame;
mod options;
mod score;
mod storyboard;

pub use choice::{ThumbnailChoice, choose_thumbnails};
pub use extract::{Thumbnail, ThumbnailReport, extract_thumbnails, extract_thumbnails_from, write_thumbnails};
pub use frame::{FrameImage, thumbnails_at};
pub use options::{StoryboardOptions, ThumbnailOptions};
pub use storyboard::{Storyboard, StoryboardTile, make_storyboard};
