//! Movie fragments (ISO/IEC 14496-12, 8.8): runs of samples that follow the movie box.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts, Track};
use super::boxes::{BoxHeader, Strictness::Strict, children, find};
use super::table::Table;
use crate::geometry::TrackKind;

/// What the movie box announced of its fragments, and what they held so far.
#[derive(Default)]
pub(super) struct Fragments {
    expected: bool,
    tracks: Vec<FragmentTrack>,
    defaults: Vec<Defaults>,
}

/// `trex`: what a run leaves out.
#[derive(Clone, Copy, Default)]
struct Defaults {
    track: u32,
    duration: u32,
    size: u32,
}

struct FragmentTrack {
    id: u32,
    time_scale: u32,
    is_video: bool,
    samples: u64,
    /// Where the next sample begins, in units of the time scale.
    next: u64,
    first: Option<u64>,
}

impl Fragments {
    /// Reads `mvex`.
    pub(super) fn begin<R: Read + Seek>(&mut self, cx: &mut Context<'_, R>, mvex: Option<BoxHeader>) -> io::Result<()> {
        let Some(mvex) = mvex else { return Ok(()) };
        self.expected = true;
        let limit = cx.policy.max_streams as usize + 1;
        let all = children(cx, mvex.body, mvex.end, Strict)?;
        for trex in all.iter().filter(|b| &b.kind == b"trex").take(limit) {
            let mut field = |n: u64| Ok::<_, io::Error>(cx.window.u32_be(trex.body + 4 + n * 4)?.unwrap_or(0));
            self.defaults.push(Defaults { track: field(0)?, duration: field(2)?, size: field(3)? });
        }
        Ok(())
    }

    pub(super) fn expected(&self) -> bool {
        self.expected
    }

    pub(super) fn add_track(&mut self, id: u32, time_scale: u32, track: &Track) {
        let is_video = track.kind == TrackKind::Video;
        self.tracks.push(FragmentTrack { id, time_scale, is_video, samples: 0, next: 0, first: None });
    }

    /// Reads one `moof`.
    pub(super) fn add<R: Read + Seek>(&mut self, cx: &mut Context<'_, R>, moof: &BoxHeader) -> io::Result<()> {
        let all = children(cx, moof.body, moof.end, Strict)?;
        for traf in all.iter().filter(|b| &b.kind == b"traf") {
            self.add_track_fragment(cx, moof, traf)?;
        }
        Ok(())
    }

    fn add_track_fragment<R: Read + Seek>(
        &mut self,
        cx: &mut Context<'_, R>,
        moof: &BoxHeader,
        traf: &BoxHeader,
    ) -> io::Result<()> {
        let all = children(cx, traf.body, traf.end, Strict)?;
        let Some(tfhd) = find(&all, b"tfhd") else {
            cx.findings.add(Code::BadBox, Some(traf.start), "traf has no tfhd");
            return Ok(());
        };
        let id = cx.window.u32_be(tfhd.body + 4)?.unwrap_or(0);
        let Some(index) = self.tracks.iter().position(|t| t.id == id) else {
            // A file over the limit of tracks is refused already; its later tracks are not known here.
            if self.tracks.len() <= cx.policy.max_streams as usize {
                cx.findings.add(
                    Code::BadBox,
                    Some(tfhd.start),
                    format!("a fragment of track {id}, which is not there"),
                );
            }
            return Ok(());
        };
        cx.findings.set_track(Some(index));
        let track = &mut self.tracks[index];
        let defaults = self.defaults.iter().find(|d| d.track == id).copied().unwrap_or_default();
        let header = Header::read(cx, &tfhd, moof, defaults)?;
        if let Some(tfdt) = find(&all, b"tfdt") {
            let long = cx.window.look(tfdt.body, 1)?.first() == Some(&1);
            let at = tfdt.body + 4;
            let time = if long { cx.window.u64_be(at)? } else { cx.window.u32_be(at)?.map(u64::from) };
            track.jump(cx, time.unwrap_or(track.next), tfdt.start);
        }
        let mut after = header.base;
        for trun in all.iter().filter(|b| &b.kind == b"trun") {
            after = run(cx, trun, &header, after, track)?;
        }
        cx.findings.set_track(None);
        Ok(())
    }

    /// Adds what the fragments held to the facts of the tracks.
    pub(super) fn finish<R: Read + Seek>(&self, cx: &mut Context<'_, R>, facts: &mut Facts) {
        if !self.expected {
            return;
        }
        cx.findings.add(Code::Fragmented, None, "movie fragments");
        for (track, fragments) in facts.tracks.iter_mut().zip(&self.tracks) {
            let span = fragments.next.saturating_sub(fragments.first.unwrap_or(0));
            let seconds = span as f64 / f64::from(fragments.time_scale.max(1));
            track.frames = Some(track.frames.unwrap_or(0) + fragments.samples);
            track.seconds = Some(track.seconds.unwrap_or(0.0) + seconds).filter(|s| *s > 0.0 || fragments.samples > 0);
        }
    }
}

impl FragmentTrack {
    /// Goes to the decode time that a fragment states.
    fn jump<R: Read + Seek>(&mut self, cx: &mut Context<'_, R>, time: u64, at: u64) {
        let gap = time.saturating_sub(self.next) as f64 / f64::from(self.time_scale.max(1));
        if self.first.is_some() && self.is_video && gap > cx.policy.max_frame_gap.as_secs_f64() {
            cx.findings.add(Code::FrameGap, Some(at), format!("{gap:.1} s from one fragment to the next"));
        }
        self.first.get_or_insert(time);
        self.next = time;
    }
}

/// What a track fragment's header sets for its runs.
struct Header {
    /// Where data offsets count from.
    base: u64,
    duration: u32,
    size: u32,
}

impl Header {
    fn read<R: Read + Seek>(
        cx: &mut Context<'_, R>,
        tfhd: &BoxHeader,
        moof: &BoxHeader,
        defaults: Defaults,
    ) -> io::Result<Self> {
        let flags = cx.window.u32_be(tfhd.body)?.unwrap_or(0);
        let mut at = tfhd.body + 8;
        let mut header = Self { base: moof.start, duration: defaults.duration, size: defaults.size };
        if flags & 1 != 0 {
            header.base = cx.window.u64_be(at)?.unwrap_or(0);
            at += 8;
        }
        if flags & 2 != 0 {
            at += 4;
        }
        if flags & 8 != 0 {
            header.duration = cx.window.u32_be(at)?.unwrap_or(0);
            at += 4;
        }
        if flags & 0x10 != 0 {
            header.size = cx.window.u32_be(at)?.unwrap_or(0);
        }
        Ok(header)
    }
}

/// Reads one `trun`; tells where its data ends.
fn run<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    trun: &BoxHeader,
    header: &Header,
    after: u64,
    track: &mut FragmentTrack,
) -> io::Result<u64> {
    let flags = cx.window.u32_be(trun.body)?.unwrap_or(0);
    let count = cx.window.u32_be(trun.body + 4)?.map_or(0, u64::from);
    let offset = if flags & 1 != 0 { cx.window.u32_be(trun.body + 8)?.map(|v| i64::from(v as i32)) } else { None };
    let skip = u64::from((flags & 5).count_ones()) * 4;
    let width = u64::from((flags >> 8 & 15).count_ones()) * 4;
    let first = trun.body + 8 + skip;
    if first.saturating_add(count.saturating_mul(width)) > trun.end || (width == 0 && count > cx.window.len()) {
        cx.findings.add(
            Code::BadTable,
            Some(trun.start),
            format!("trun has {} bytes for {count} samples", trun.body_len()),
        );
        return Ok(after);
    }
    let start = offset.map_or(after, |o| header.base.saturating_add_signed(o));
    let (mut bytes, mut time) = (0u64, 0u64);
    if flags & 0x300 == 0 {
        bytes = u64::from(header.size).saturating_mul(count);
        time = u64::from(header.duration).saturating_mul(count);
    } else {
        for index in 0..count {
            let mut at = first + index * width;
            let mut duration = header.duration;
            if flags & 0x100 != 0 {
                duration = cx.window.u32_be(at)?.unwrap_or(0);
                at += 4;
            }
            let size = if flags & 0x200 != 0 { cx.window.u32_be(at)?.unwrap_or(0) } else { header.size };
            let gap = f64::from(duration) / f64::from(track.time_scale.max(1));
            if track.is_video && gap > cx.policy.max_frame_gap.as_secs_f64() && count > 1 {
                cx.findings.add(Code::FrameGap, Some(at), format!("{gap:.1} s from one frame to the next"));
            }
            bytes = bytes.saturating_add(u64::from(size));
            time = time.saturating_add(u64::from(duration));
        }
    }
    let end = start.saturating_add(bytes);
    if end > cx.window.len() {
        let percent = cx.percent_of(end);
        let message = format!("a run of {count} samples ends at byte {end}; {percent} % are there");
        cx.findings.add(Code::SampleOutsideFile, Some(trun.start), message);
    }
    track.first.get_or_insert(track.next);
    track.samples += count;
    track.next = track.next.saturating_add(time);
    Ok(end)
}

/// A segment index tells how far the file must reach (ISO/IEC 14496-12, 8.16.3).
pub(super) fn check_index<R: Read + Seek>(cx: &mut Context<'_, R>, sidx: &BoxHeader) -> io::Result<()> {
    let long = cx.window.look(sidx.body, 1)?.first() == Some(&1);
    let at = sidx.body + 12;
    let (first_offset, table) = if long {
        (cx.window.u64_be(at + 8)?.unwrap_or(0), at + 16)
    } else {
        (cx.window.u32_be(at + 4)?.map_or(0, u64::from), at + 8)
    };
    // The count has 16 bits behind 16 reserved ones.
    let Some(entries) = Table::read(cx, sidx, table - sidx.body, 12)? else { return Ok(()) };
    let mut end = sidx.end.saturating_add(first_offset);
    for index in 0..entries.count {
        end = end.saturating_add(u64::from(cx.window.u32_be(entries.at(index))?.unwrap_or(0) & 0x7fff_ffff));
    }
    if end > cx.window.len() {
        let percent = cx.percent_of(end);
        cx.findings.add(Code::CutShort, Some(sidx.start), format!("indexed up to byte {end}; {percent} % are there"));
    }
    Ok(())
}
