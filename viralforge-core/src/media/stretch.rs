//! A part of a file between two keyframes, decoded by itself.

use super::decode::DecodeOptions;
use super::demux::Demuxer;
use super::frame::Packet;
use super::picture::Picture;
use super::request::{Damage, PictureRequest};
use super::video_track::VideoTrack;
use crate::error::Result;
use crate::media_info::StreamInfo;
use crate::time::{TimeRange, Timestamp};

/// Stretches are at least this long, in milliseconds: each begins with a search and ends by emptying the decoder.
const LEAST_STRETCH_MS: i64 = 3000;
/// How far before a wanted moment a keyframe must lie at least, in milliseconds: the clock of an index may be that of
/// decoding, which runs ahead.
const SEEK_BACK_MS: i64 = 500;

/// Part of a file between two keyframes, in ticks of the clock that the container's index uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// `None`: from the first packet.
    pub(super) from: Option<i64>,
    /// `None`: to the last.
    pub(super) to: Option<i64>,
}

/// Where the file can be taken apart: one stretch where it cannot, and only those that `range` (in the file's own
/// clock) needs.
pub(super) fn stretches(demuxer: &mut Demuxer, stream: usize, range: Option<TimeRange>) -> Result<Vec<Stretch>> {
    let (num, den) = demuxer.time_base(stream);
    let units = |time: Timestamp| time.to_units(num, den);
    let keyframes = demuxer.keyframes(stream)?;
    let from = range.map(|range| units(range.start() - Timestamp::from_millis(SEEK_BACK_MS)));
    let to = range.map(|range| units(range.end()));
    Ok(apart(&keyframes, units(Timestamp::from_millis(LEAST_STRETCH_MS)).max(1), from, to))
}

fn apart(keyframes: &[i64], least: i64, from: Option<i64>, to: Option<i64>) -> Vec<Stretch> {
    let begin = from.and_then(|from| keyframes.iter().rfind(|k| **k <= from)).copied();
    let mut out = vec![Stretch { from: begin, to: None }];
    let Some(mut last) = begin.or_else(|| keyframes.first().copied()) else { return out };
    for keyframe in keyframes.iter().copied().filter(|k| to.is_none_or(|to| *k < to)) {
        if keyframe.saturating_sub(last) >= least {
            if let Some(before) = out.last_mut() {
                before.to = Some(keyframe);
            }
            out.push(Stretch { from: Some(keyframe), to: None });
            last = keyframe;
        }
    }
    out
}

/// Decodes one stretch after the other.
pub(super) struct StretchDecoder {
    demuxer: Demuxer,
    track: VideoTrack,
    /// What did not decode so far.
    pub(super) damage: Damage,
}

/// What becomes of the pictures of a stretch.
pub(super) trait Sink {
    /// Gets a picture, with the share of the file's bytes that were read; whether more are wanted.
    fn picture(&mut self, picture: Picture, bytes_fraction: f64) -> Result<bool>;

    /// Gets the times of pictures before the next one that were not decoded.
    fn skipped(&mut self, times: Vec<Timestamp>);
}

impl StretchDecoder {
    /// `threads` of 0 stands for one a core.
    pub(super) fn new(
        mut demuxer: Demuxer,
        stream: &StreamInfo,
        request: &PictureRequest,
        threads: usize,
    ) -> Result<Self> {
        let threads = (threads > 0).then_some(threads);
        let (skip_loop_filter, unneeded) = (request.skip_loop_filter, request.unneeded);
        let options = DecodeOptions { threads, skip_loop_filter, unneeded, ..DecodeOptions::default() };
        let track = VideoTrack::open(&demuxer, stream, &options)?;
        demuxer.keep_only(&[track.index]);
        Ok(Self { demuxer, track, damage: Damage::default() })
    }

    /// Decodes one stretch. `false` where its first picture needs others from before it: then nothing came out.
    pub(super) fn decode(&mut self, stretch: Stretch, sink: &mut dyn Sink) -> Result<bool> {
        let mut gate = Gate { begin: None, until: None, clean: true, first: true, wanted: true, sink };
        let mut packet = match stretch.from {
            None => self.read()?,
            Some(from) => {
                self.demuxer.seek(self.track.index, from)?;
                self.track.reset();
                let packet = self.read_to(from)?;
                gate.begin = packet.as_ref().and_then(|packet| self.shown_at(packet));
                packet
            }
        };
        while let Some(current) = packet.take() {
            if let Some(to) = stretch.to
                && self.demuxer.is_keyframe_at(&current, to)
            {
                gate.until = self.shown_at(&current);
                self.decode_leading(current, &mut gate)?;
                break;
            }
            self.send(Some(&current), &mut gate)?;
            if !gate.wanted || !gate.clean {
                return Ok(gate.clean);
            }
            packet = self.read()?;
        }
        self.send(None, &mut gate)?;
        Ok(gate.clean)
    }

    /// Pictures that are shown before the keyframe but come behind it in the file (an open GOP) belong to this stretch.
    fn decode_leading(&mut self, keyframe: Packet, gate: &mut Gate<'_>) -> Result<()> {
        let mut keyframe = Some(keyframe);
        while let Some(packet) = self.read()? {
            if self.shown_at(&packet) >= gate.until {
                break;
            }
            if let Some(keyframe) = keyframe.take() {
                self.send(Some(&keyframe), gate)?;
            }
            self.send(Some(&packet), gate)?;
        }
        Ok(())
    }

    fn send(&mut self, packet: Option<&Packet>, gate: &mut Gate<'_>) -> Result<()> {
        let fraction = self.demuxer.bytes_fraction();
        let mut came = Vec::new();
        self.track.decode(packet, &mut self.damage, |picture, is_key| {
            came.push((picture, is_key));
            Ok(())
        })?;
        for (picture, is_key) in came {
            let skipped = self.track.take_skipped(picture.time());
            gate.pass(picture, is_key, skipped, fraction)?;
        }
        Ok(())
    }

    fn shown_at(&self, packet: &Packet) -> Option<Timestamp> {
        packet.shown_at().map(|units| self.track.moment(units))
    }

    fn read(&mut self) -> Result<Option<Packet>> {
        while let Some(packet) = self.demuxer.read()? {
            if packet.stream() == self.track.index {
                return Ok(Some(packet));
            }
        }
        Ok(None)
    }

    /// The keyframe at `from`: the search may have stopped at an earlier one.
    fn read_to(&mut self, from: i64) -> Result<Option<Packet>> {
        while let Some(packet) = self.read()? {
            if self.demuxer.is_keyframe_at(&packet, from) {
                return Ok(Some(packet));
            }
        }
        Ok(None)
    }
}

/// Lets the pictures of one stretch through, and no others.
struct Gate<'a> {
    begin: Option<Timestamp>,
    until: Option<Timestamp>,
    clean: bool,
    first: bool,
    wanted: bool,
    sink: &'a mut dyn Sink,
}

impl Gate<'_> {
    fn pass(&mut self, picture: Picture, is_key: bool, mut skipped: Vec<Timestamp>, fraction: f64) -> Result<()> {
        let time = picture.time();
        if self.begin.is_some_and(|begin| time < begin) || !self.wanted {
            return Ok(());
        }
        if let Some(begin) = self.begin.filter(|_| self.first) {
            self.clean = is_key && time == begin;
        }
        self.first = false;
        skipped.retain(|t| self.begin.is_none_or(|begin| *t > begin) && self.until.is_none_or(|until| *t < until));
        let is_over = self.until.is_some_and(|until| time >= until);
        // The first picture behind the end is wanted only for what was left out before it; the next stretch gives the
        // same one.
        if !self.clean || (is_over && skipped.is_empty()) {
            return Ok(());
        }
        self.sink.skipped(skipped);
        self.wanted = self.sink.picture(picture, fraction)? && !is_over;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_long_enough_and_cover_everything() {
        let parts = apart(&[0, 100, 250, 300, 700], 200, None, None);
        let ends: Vec<_> = parts.iter().map(|p| (p.from, p.to)).collect();
        assert_eq!(ends, [(None, Some(250)), (Some(250), Some(700)), (Some(700), None)]);
        assert_eq!(apart(&[], 200, None, None), [Stretch::default()]);
    }

    #[test]
    fn a_range_takes_only_the_stretches_that_it_needs() {
        let parts = apart(&[0, 100, 200, 300, 400, 500], 100, Some(250), Some(350));
        let ends: Vec<_> = parts.iter().map(|p| (p.from, p.to)).collect();
        assert_eq!(ends, [(Some(200), Some(300)), (Some(300), None)]);
    }
}
