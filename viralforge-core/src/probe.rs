//! What a file is and holds.

use crate::error::Result;
use crate::media::Demuxer;
use crate::media_info::MediaInfo;
use crate::monitor::{Monitor, Stage};
use crate::source::Source;

/// Reads the facts of a file from its headers; decodes no more than it takes to know what the tracks are.
///
/// # Errors
/// `malformed` where it is no media file, `unsupported` where it is a kind that is not accepted (playlists above
/// all), `limit_exceeded` where its facts are over the limits of the source, `io` where it cannot be read.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// let info = probe(&Source::from_path("talk.mp4")?, &Monitor::new())?;
/// println!("{} {:?}", info.container, info.video().map(|v| &v.codec));
/// # Ok::<(), Error>(())
/// ```
pub fn probe(source: &Source, monitor: &Monitor) -> Result<MediaInfo> {
    monitor.begin(Stage::Probe);
    let demuxer = Demuxer::open(source, monitor)?;
    source.check()?;
    monitor.report(Stage::Probe, 1.0);
    Ok(demuxer.info().clone())
}
