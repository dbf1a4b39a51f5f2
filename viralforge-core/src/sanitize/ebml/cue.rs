//! The index of a Matroska file (RFC 9559, 5.1.5), made anew.

use super::write;
use crate::validate::ebml::id;

/// Units of time between two entries of one cluster, a second where the unit is the usual millisecond: where every
/// frame is a keyframe, one for each would be of no more use.
const MIN_DISTANCE: i64 = 1000;

/// One entry.
struct Cue {
    time: i64,
    track: u64,
    /// Where the cluster begins, from the start of the segment's content.
    cluster: u64,
    /// Where the block begins, from the start of the cluster's content.
    block: u64,
}

/// The entries so far.
pub(super) struct Cues {
    start: u64,
    cluster: u64,
    cluster_time: u64,
    /// Keyframes of video.
    keys: Vec<Cue>,
    /// The first block of each cluster, for files without video.
    firsts: Vec<Cue>,
}

impl Cues {
    /// `start` is where the segment's content begins in the output.
    pub(super) fn new(start: u64) -> Self {
        Self { start, cluster: 0, cluster_time: 0, keys: Vec::new(), firsts: Vec::new() }
    }

    pub(super) fn begin_cluster(&mut self, at: u64, time: u64) {
        self.cluster = at - self.start;
        self.cluster_time = time;
    }

    /// Notes a block of the cluster.
    pub(super) fn add(&mut self, track: u64, time: i16, block: u64, is_key: bool) {
        let time = i64::try_from(self.cluster_time).unwrap_or(i64::MAX).saturating_add(time.into());
        let cue = || Cue { time, track, cluster: self.cluster, block };
        let last = self.keys.iter().rev().find(|cue| cue.track == track);
        if is_key && last.is_none_or(|last| last.cluster != self.cluster || time - last.time >= MIN_DISTANCE) {
            self.keys.push(cue());
        }
        if self.firsts.last().is_none_or(|last| last.cluster != self.cluster) {
            self.firsts.push(cue());
        }
    }

    /// The element; `None` where there was no block.
    pub(super) fn build(self) -> Option<Vec<u8>> {
        let all = if self.keys.is_empty() { self.firsts } else { self.keys };
        if all.is_empty() {
            return None;
        }
        let mut body = Vec::new();
        for cue in all {
            let position = [
                write::unsigned(0xf7, cue.track),
                write::unsigned(0xf1, cue.cluster),
                write::unsigned(0xf0, cue.block),
            ];
            let time = write::unsigned(0xb3, u64::try_from(cue.time).unwrap_or(0));
            body.extend(write::element(0xbb, &[time, write::element(0xb7, &position.concat())].concat()));
        }
        Some(write::element(id::CUES, &body))
    }
}
