//! The one place that talks to FFmpeg, symphonia and image, and the one place with `unsafe`.
