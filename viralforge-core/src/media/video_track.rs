//! A video track that is being decoded: packets in, pictures with their times out.

use std::sync::Arc;

use super::decode::{DecodeOptions, Decoder, Sent};
use super::demux::Demuxer;
use super::facts::track_end;
use super::ffi;
use super::frame::Packet;
use super::picture::{Picture, TrackGeometry};
use super::request::Damage;
use super::sparse::Sparse;
use crate::error::{Error, Result};
use crate::media_info::StreamInfo;
use crate::time::Timestamp;

/// Codecs whose decoders pass over pictures that no other needs, and give out each picture by one packet.
const SPARSE: [&str; 2] = ["h264", "hevc"];

pub(super) struct VideoTrack {
    /// Of its stream in the file.
    pub(super) index: usize,
    decoder: Decoder,
    geometry: Arc<TrackGeometry>,
    /// Numerator and denominator of its clock.
    time_base: (u32, u32),
    usual_duration: Timestamp,
    /// When the track ends, as far as the container says.
    end: Option<Timestamp>,
    last_time: Option<Timestamp>,
    /// Decides which pictures need not be decoded.
    sparse: Option<Sparse>,
}

impl VideoTrack {
    pub(super) fn open(demuxer: &Demuxer, stream: &StreamInfo, options: &DecodeOptions) -> Result<Self> {
        let name = &demuxer.guard().name;
        let index = stream.index as usize;
        let facts = stream.video.as_ref().ok_or_else(|| Error::backend(name, "video facts"))?;
        if facts.width == 0 || facts.height == 0 {
            return Err(Error::malformed(name, "its video track has no picture size"));
        }
        Ok(Self {
            index,
            decoder: Decoder::open(demuxer, index, options)?,
            geometry: Arc::new(TrackGeometry {
                name: name.clone(),
                rotation: facts.rotation,
                mirrored: facts.mirrored,
                display_size: facts.display_size,
                interlaced: facts.interlaced,
            }),
            time_base: demuxer.time_base(index),
            usual_duration: facts.frame_rate.map_or(Timestamp::new(1, 25), |r| r.frame_duration()),
            end: track_end(demuxer, index),
            last_time: None,
            // The two fields of a picture may come in two packets, of which the second is no picture.
            sparse: (!facts.interlaced && SPARSE.contains(&stream.codec.as_str()))
                .then(|| Sparse::new(options.unneeded))
                .flatten(),
        })
    }

    /// One tick of its clock.
    pub(super) fn tick(&self) -> Timestamp {
        self.moment(1)
    }

    /// So many ticks of its clock.
    pub(super) fn moment(&self, units: i64) -> Timestamp {
        Timestamp::from_units(units, self.time_base.0, self.time_base.1)
    }

    /// Decodes a packet, or with `None` what the decoder still holds. Each picture is handed to `out` with its time in
    /// the file's own clock, which always rises, as the time that it carries.
    pub(super) fn decode(
        &mut self,
        packet: Option<&Packet>,
        damage: &mut Damage,
        mut out: impl FnMut(Picture, bool) -> Result<()>,
    ) -> Result<()> {
        damage.picture_packets += u64::from(packet.is_some_and(Packet::is_shown));
        let shown = packet.and_then(Packet::shown_at);
        let skip = self.sparse.as_ref().zip(shown).is_some_and(|(sparse, shown)| sparse.may_skip(shown));
        self.decoder.skip_unneeded(skip);
        self.decode_all(packet, damage, &mut out)?;
        if let (Some(sparse), Some(shown)) = (&mut self.sparse, shown) {
            match self.decoder.is_decoded() {
                true => sparse.decoded(shown, self.decoder.latest_luma()),
                false if skip => sparse.skipped(shown),
                false => {}
            }
        }
        Ok(())
    }

    /// When pictures were to be shown before `until` that were not decoded, and no longer are asked for.
    pub(super) fn take_skipped(&mut self, until: Timestamp) -> Vec<Timestamp> {
        let (num, den) = self.time_base;
        let skipped =
            self.sparse.as_mut().map_or_else(Vec::new, |sparse| sparse.take_skipped(until.to_units(num, den)));
        skipped.into_iter().map(|units| self.moment(units)).collect()
    }

    fn decode_all(
        &mut self,
        packet: Option<&Packet>,
        damage: &mut Damage,
        out: &mut impl FnMut(Picture, bool) -> Result<()>,
    ) -> Result<()> {
        loop {
            let sent = self.decoder.send(packet)?;
            damage.undecodable_packets += u64::from(sent == Sent::Damaged);
            while let Some(frame) = self.decoder.receive(&mut damage.undecodable_packets)? {
                let raw = frame.raw();
                if raw.width <= 0 || raw.height <= 0 {
                    continue;
                }
                let corrupt = raw.flags & ffi::AV_FRAME_FLAG_CORRUPT as i32 != 0 || raw.decode_error_flags != 0;
                damage.corrupt_frames += u64::from(corrupt);
                let time = match [raw.best_effort_timestamp, raw.pts].into_iter().find(|t| *t != ffi::AV_NOPTS_VALUE) {
                    Some(units) => self.moment(units),
                    // Some old files have no times at all: frames follow at the usual rate.
                    None => self.last_time.map_or(Timestamp::ZERO, |t| t + self.usual_duration),
                };
                // Time that stands still or runs backwards would break every consumer.
                let time = match self.last_time {
                    Some(last) if time <= last => last + self.tick(),
                    _ => time,
                };
                self.last_time = Some(time);
                let duration = match raw.duration {
                    units @ 1.. => self.moment(units),
                    // In a file of varying rate the last picture is no average one.
                    _ => match self.end {
                        Some(end) if time < end => self.usual_duration.min(end - time),
                        _ => self.usual_duration,
                    },
                };
                let is_key = raw.flags & ffi::AV_FRAME_FLAG_KEY as i32 != 0;
                out(Picture::new(frame, time, duration, Arc::clone(&self.geometry)), is_key)?;
            }
            if sent != Sent::Full {
                return Ok(());
            }
        }
    }

    /// Makes the decoder ready for more after it gave out what it held.
    pub(super) fn empty(&mut self) {
        self.decoder.flush();
    }

    /// Forgets what came before, as after a seek.
    pub(super) fn reset(&mut self) {
        self.decoder.flush();
        self.last_time = None;
        if let Some(sparse) = &mut self.sparse {
            sparse.reset();
        }
    }
}
