//! Pictures that stand for a video.

mod choice;
mod score;

pub use choice::ThumbnailChoice;
