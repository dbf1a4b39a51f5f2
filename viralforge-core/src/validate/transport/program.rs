//! The tables of a transport stream: which programs there are, and which tracks each has.

use std::collections::BTreeMap;

use super::super::codec;
use super::super::facts::{Facts, Track};
use super::super::window::u16_be;
use crate::geometry::TrackKind;

/// The longest section of a table (2.4.4.1).
const MAX_SECTION_BYTES: usize = 1024;
/// Tables that are put together at a time; a broadcast multiplex has some dozens.
const MAX_TABLES: usize = 64;
/// Tracks of all programs; more are over any policy's limit.
const MAX_TRACKS: usize = 1024;
/// Table of programs, on packet identifier 0, and table of a program's tracks.
const PROGRAMS: u8 = 0;
const TRACKS: u8 = 2;

/// What the packets have told so far.
#[derive(Default)]
pub(super) struct Programs {
    /// Sections that are being put together, by packet identifier.
    sections: BTreeMap<u16, Vec<u8>>,
    /// Tracks by packet identifier, in the order in which the tables list them.
    tracks: Vec<(u16, Track)>,
    /// The beginning of the picture that is being put together, by packet identifier.
    pictures: BTreeMap<u16, Vec<u8>>,
    packets: u64,
    scrambled: u64,
}

impl Programs {
    /// Reads a packet of 188 bytes (2.4.3.2).
    pub(super) fn add(&mut self, packet: &[u8]) {
        let (Some(head), Some(&flags)) = (u16_be(packet, 1), packet.get(3)) else { return };
        if packet.first() != Some(&0x47) || head & 0x8000 != 0 {
            return;
        }
        let (begins, pid) = (head & 0x4000 != 0, head & 0x1fff);
        let adaptation = if flags & 0x20 == 0 { 0 } else { 1 + usize::from(packet.get(4).copied().unwrap_or(0)) };
        let payload = if flags & 0x10 == 0 { &[] } else { packet.get(4 + adaptation..).unwrap_or_default() };
        if let Some(index) = self.tracks.iter().position(|(of, _)| *of == pid) {
            self.packets += 1;
            self.scrambled += u64::from(flags & 0xc0 != 0);
            self.add_media(index, pid, begins, payload);
        } else if pid == 0 || self.sections.contains_key(&pid) {
            self.add_section(pid, begins, payload);
        }
    }

    /// Share of the packets of tracks that say that they are scrambled (2.4.3.3).
    pub(super) fn scrambled_share(&self) -> f64 {
        self.scrambled as f64 / self.packets.max(1) as f64
    }

    /// Whether a table lists a track whose samples are encrypted.
    pub(super) fn lists_encrypted(&self) -> bool {
        self.tracks.iter().any(|(_, track)| track.codec.as_deref() == Some(ENCRYPTED))
    }

    /// The packet identifier of the first video track.
    pub(super) fn video(&self) -> Option<u16> {
        self.tracks.iter().find(|(_, track)| track.kind == TrackKind::Video).map(|(pid, _)| *pid)
    }

    pub(super) fn into_facts(self) -> Facts {
        let tracks: Vec<_> = self.tracks.into_iter().map(|(_, track)| track).collect();
        Facts { track_count: tracks.len() as u64, tracks, ..Facts::default() }
    }

    fn add_section(&mut self, pid: u16, begins: bool, payload: &[u8]) {
        let section = self.sections.entry(pid).or_default();
        let payload = if begins {
            // A pointer tells where the new section begins.
            section.clear();
            payload.get(1 + usize::from(payload.first().copied().unwrap_or(0))..).unwrap_or_default()
        } else if section.is_empty() {
            return;
        } else {
            payload
        };
        section.extend(payload.iter().take(MAX_SECTION_BYTES));
        let len = u16_be(section, 1).map_or(usize::MAX, |v| usize::from(v & 0x0fff) + 3);
        if len > MAX_SECTION_BYTES {
            if section.len() >= 3 {
                section.clear();
            }
            return;
        }
        if section.len() >= len {
            let whole: Vec<u8> = section.drain(..len).collect();
            section.clear();
            self.read(&whole);
        }
    }

    /// Reads a whole section, which ends with four bytes of checksum.
    fn read(&mut self, section: &[u8]) {
        let Some(body) = section.get(8..section.len().saturating_sub(4)) else { return };
        match section.first() {
            Some(&PROGRAMS) => {
                for program in body.chunks_exact(4) {
                    // Number 0 is the network, not a program.
                    if let (Some(1..), Some(pid)) = (u16_be(program, 0), u16_be(program, 2))
                        && self.sections.len() < MAX_TABLES
                    {
                        self.sections.entry(pid & 0x1fff).or_default();
                    }
                }
            }
            Some(&TRACKS) => self.read_tracks(body),
            _ => {}
        }
    }

    /// Tracks of a program: a type, a packet identifier and descriptors of each (2.4.4.8).
    fn read_tracks(&mut self, body: &[u8]) {
        let mut at = 4 + u16_be(body, 2).map_or(0, |v| usize::from(v & 0x0fff));
        while let (Some(&kind), Some(pid), Some(len)) = (body.get(at), u16_be(body, at + 1), u16_be(body, at + 3)) {
            let len = usize::from(len & 0x0fff);
            let descriptors = body.get(at + 5..at + 5 + len).unwrap_or_default();
            let pid = pid & 0x1fff;
            if self.tracks.len() < MAX_TRACKS && self.tracks.iter().all(|(known, _)| *known != pid) {
                self.tracks.push((pid, track(kind, descriptors)));
            }
            at += 5 + len;
        }
    }

    /// Looks for the size of the pictures in the beginnings of packets of a video track.
    fn add_media(&mut self, index: usize, pid: u16, begins: bool, payload: &[u8]) {
        let Some((_, track)) = self.tracks.get_mut(index) else { return };
        if track.kind != TrackKind::Video || track.coded.is_some() {
            return;
        }
        let picture = self.pictures.entry(pid).or_default();
        if begins {
            picture.clear();
        }
        if picture.len() < codec::HEAD_BYTES {
            picture.extend(payload);
            track.coded = track.codec.as_deref().and_then(|codec| codec::in_packet(codec, picture));
        }
        if let Some((width, height)) = track.coded {
            (track.width, track.height) = (width, height);
        }
    }
}

/// Stands for the codec of a track that is encrypted.
const ENCRYPTED: &str = "encrypted";

/// A track by its type (table 2-34, and the types that ATSC and Blu-ray add).
fn track(kind: u8, descriptors: &[u8]) -> Track {
    use TrackKind::{Audio, Data, Subtitle, Video};
    let (kind, codec) = match kind {
        0x01 => (Video, "mpeg1video"),
        0x02 => (Video, "mpeg2video"),
        0x10 => (Video, "mpeg4"),
        0x1b => (Video, "h264"),
        0x24 => (Video, "hevc"),
        0x33 => (Video, "vvc"),
        0xea => (Video, "vc1"),
        // Layers 2 and 3 share a type; the decoder tells them apart.
        0x03 | 0x04 => (Audio, "mp3"),
        0x0f => (Audio, "aac"),
        0x11 => (Audio, "aac_latm"),
        0x81 => (Audio, "ac3"),
        0x87 | 0x84 => (Audio, "eac3"),
        0x82 | 0x85 | 0x86 if has_descriptor(descriptors, 0x05, b"DTS") => (Audio, "dts"),
        // Samples that HLS has encrypted (MPEG-2 Stream Encryption Format for HTTP Live Streaming).
        0xdb | 0xcf | 0xc1 | 0xc2 => (Data, ENCRYPTED),
        0x90 => (Subtitle, "hdmv_pgs_subtitle"),
        0x06 => private(descriptors),
        _ => (Data, ""),
    };
    let mut track = Track::new(kind);
    track.codec = Some(codec.to_owned()).filter(|codec| !codec.is_empty());
    track
}

/// What private data is, by its descriptors (ETSI EN 300 468, 6.2; registrations of SMPTE).
fn private(descriptors: &[u8]) -> (TrackKind, &'static str) {
    let has = |tag| has_descriptor(descriptors, tag, b"");
    match () {
        () if has(0x6a) || has_descriptor(descriptors, 0x05, b"AC-3") => (TrackKind::Audio, "ac3"),
        () if has(0x7a) || has_descriptor(descriptors, 0x05, b"EAC3") => (TrackKind::Audio, "eac3"),
        () if has_descriptor(descriptors, 0x05, b"Opus") => (TrackKind::Audio, "opus"),
        () if has_descriptor(descriptors, 0x05, b"HEVC") => (TrackKind::Video, "hevc"),
        () if has_descriptor(descriptors, 0x05, b"AV01") => (TrackKind::Video, "av1"),
        () if has(0x59) => (TrackKind::Subtitle, "dvb_subtitle"),
        () if has(0x56) => (TrackKind::Subtitle, "dvb_teletext"),
        () => (TrackKind::Data, ""),
    }
}

/// Whether there is a descriptor of that tag whose content begins so.
fn has_descriptor(descriptors: &[u8], tag: u8, content: &[u8]) -> bool {
    let mut rest = descriptors;
    while let [found, len, body @ ..] = rest {
        let len = usize::from(*len).min(body.len());
        if *found == tag && body.starts_with(content) {
            return true;
        }
        rest = body.get(len..).unwrap_or_default();
    }
    false
}
