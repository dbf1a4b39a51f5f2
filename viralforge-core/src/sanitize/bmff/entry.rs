//! Sample descriptions: the format of samples and what decoders need to know of it.

use super::super::Job;
use super::build::Boxes;
use super::text;
use crate::error::Result;
use crate::validate::bmff::boxes::BoxHeader;
use crate::validate::window::{u16_be, u32_be};

/// What visual sample entries hold: decoder configurations, shape, color, light, and how to show a sphere or two eyes.
const VIDEO: &[&[u8; 4]] = &[
    b"avcC", b"hvcC", b"lhvC", b"vvcC", b"av1C", b"vpcC", b"esds", b"dvcC", b"dvvC", b"dvwC", b"avcE", b"hvcE",
    b"d263", b"glbl", b"ACLR", b"pasp", b"colr", b"clap", b"mdcv", b"clli", b"SmDm", b"CoLL", b"btrt", b"fiel",
    b"gama", b"amve", b"auxi", b"st3d", b"sv3d", b"vexu", b"hfov",
];
/// What audio sample entries hold: decoder configurations and places of loudspeakers.
const SOUND: &[&[u8; 4]] = &[
    b"esds", b"wave", b"alac", b"dOps", b"dfLa", b"dac3", b"dec3", b"dac4", b"damr", b"ddts", b"dmlp", b"dapa",
    b"mhaC", b"chan", b"chnl", b"srat", b"btrt", b"pcmC", b"SA3D", b"glbl",
];
/// Boxes of a known size, which is all that is kept of them.
const SIZES: [(&[u8; 4], u64); 14] = [
    (b"pasp", 8),
    (b"clap", 32),
    (b"mdcv", 24),
    (b"clli", 4),
    (b"SmDm", 28),
    (b"CoLL", 8),
    (b"btrt", 12),
    (b"fiel", 2),
    (b"gama", 4),
    (b"hfov", 4),
    (b"frma", 4),
    (b"enda", 2),
    (b"srat", 8),
    (b"st3d", 5),
];
/// Bytes of one configuration; parameter sets have hundreds, color profiles some hundred thousand.
const MAX_SETTING_BYTES: u64 = 4 << 20;

/// What a box may hold that is itself a list of boxes.
fn nested(kind: &[u8; 4]) -> Option<&'static [&'static [u8; 4]]> {
    Some(match kind {
        b"wave" => &[
            b"frma",
            b"mp4a",
            b"esds",
            b"alac",
            b"enda",
            b"chan",
            b"samr",
            b"damr",
            b"dac3",
            b"dec3",
            b".mp3",
            b"ms\0\x55",
        ],
        // Spherical Video V2: the source of the picture (`svhd`) names a program.
        b"sv3d" => &[b"proj"],
        b"proj" => &[b"prhd", b"equi", b"cbmp", b"mshp", b"prji"],
        b"vexu" => &[b"eyes", b"proj", b"pack", b"must"],
        b"eyes" => &[b"stri", b"hero", b"cams", b"cmfy", b"must"],
        b"pack" => &[b"pkin"],
        b"cams" => &[b"blin"],
        b"cmfy" => &[b"dadj"],
        _ => return None,
    })
}

/// Builds `stsd`.
pub(super) fn build(job: &mut Job<'_>, stsd: &BoxHeader, handler: [u8; 4], out: &mut Boxes) -> Result<()> {
    let version = job.source.array::<4>(stsd.body)?;
    let entries = job.source.boxes(stsd.body + 8, stsd.end)?;
    out.nest(*b"stsd", |out| {
        out.put(&version);
        out.put(&u32::try_from(entries.len()).unwrap_or(u32::MAX).to_be_bytes());
        for entry in &entries {
            out.nest(entry.kind, |out| match &handler {
                b"vide" | b"auxv" => video(job, entry, out),
                b"soun" => sound(job, entry, version[0], out),
                _ => text::build(job, entry, out),
            })?;
        }
        Ok(())
    })
}

/// The first bytes of an entry, with a reference to the only data there is.
pub(super) fn head(job: &mut Job<'_>, entry: &BoxHeader, size: u64) -> Result<Vec<u8>> {
    if entry.body_len() < size.max(8) {
        return Err(job.source.broken(format_args!("description {} has {} bytes", entry.name(), entry.body_len())));
    }
    let mut head = job.source.bytes(entry.body, entry.body + size)?;
    head.iter_mut().zip([0, 0, 0, 0, 0, 0, 0, 1]).for_each(|(byte, clean)| *byte = clean);
    Ok(head)
}

/// A visual sample entry (ISO/IEC 14496-12, 12.1.3) without the maker, its measures of quality and the encoder's name.
fn video(job: &mut Job<'_>, entry: &BoxHeader, out: &mut Boxes) -> Result<()> {
    let mut head = head(job, entry, 78)?;
    for blank in [12..24, 42..74] {
        head.get_mut(blank).unwrap_or_default().fill(0);
    }
    out.put(&head);
    settings(job, entry, entry.body + 78, VIDEO, out)
}

/// An audio sample entry (ISO/IEC 14496-12, 12.2.3; QuickTime File Format, "Sound Sample Descriptions") without the
/// maker.
fn sound(job: &mut Job<'_>, entry: &BoxHeader, list_version: u8, out: &mut Boxes) -> Result<()> {
    let size = sound_head_bytes(job, entry, list_version)?;
    let mut head = head(job, entry, size)?;
    head.get_mut(12..16).unwrap_or_default().fill(0);
    out.put(&head);
    settings(job, entry, entry.body + size, SOUND, out)
}

/// Versions 1 and 2 are longer in QuickTime, whose lists of descriptions have the version 0.
fn sound_head_bytes(job: &mut Job<'_>, entry: &BoxHeader, list_version: u8) -> Result<u64> {
    let version = job.source.look(entry.body + 8, 2)?.get(1).copied().unwrap_or(0);
    Ok(match (list_version, version) {
        (0, 1) => 44,
        (0, 2) => 64,
        _ => 28,
    })
}

/// The boxes from `from` on in an entry or in another box, as far as they are known.
pub(super) fn settings(
    job: &mut Job<'_>,
    parent: &BoxHeader,
    from: u64,
    known: &[&[u8; 4]],
    out: &mut Boxes,
) -> Result<()> {
    for child in job.source.boxes(from.min(parent.end), parent.end)? {
        if !known.contains(&&child.kind) || child.body_len() > MAX_SETTING_BYTES {
            continue;
        }
        if let Some(inner) = nested(&child.kind) {
            out.nest(child.kind, |out| {
                settings(job, &child, child.body, inner, out)?;
                // The list ends with an empty box (QuickTime File Format, "siDecompressionParam Atom").
                if &child.kind == b"wave" {
                    out.leaf([0; 4], &[]);
                }
                Ok(())
            })?;
            continue;
        }
        let size = match &child.kind {
            b"colr" => color_bytes(job, &child)?,
            kind => SIZES.iter().find(|(k, _)| k == &kind).map_or(child.body_len(), |(_, size)| *size),
        };
        if size <= child.body_len() {
            out.leaf(child.kind, &job.source.bytes(child.body, child.body + size)?);
        }
    }
    Ok(())
}

/// `colr` is four numbers or a profile (ISO/IEC 14496-12, 12.1.5).
fn color_bytes(job: &mut Job<'_>, colr: &BoxHeader) -> Result<u64> {
    Ok(match &job.source.array::<4>(colr.body)? {
        b"nclx" => 11,
        b"nclc" => 10,
        b"prof" | b"rICC" => colr.body_len(),
        _ => u64::MAX,
    })
}

/// How sound is stored that has no table of sizes: old QuickTime counts each moment as a sample of one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SoundFrames {
    /// Moments in a packet; 0 where the table of sizes says all.
    moments: u64,
    /// Bytes of a packet.
    bytes: u64,
}

impl SoundFrames {
    /// Bytes of `count` moments.
    pub(super) fn bytes(self, count: u64) -> Option<u64> {
        (self.moments > 0).then(|| count.div_ceil(self.moments).saturating_mul(self.bytes))
    }

    fn max(self, other: Self) -> Self {
        let more = u128::from(other.bytes) * u128::from(self.moments.max(1))
            > u128::from(self.bytes) * u128::from(other.moments.max(1));
        if more { other } else { self }
    }
}

/// How the sound of a track is stored, of all its descriptions the one with most bytes.
pub(super) fn sound_frames(job: &mut Job<'_>, stsd: &BoxHeader) -> Result<SoundFrames> {
    let list_version = job.source.look(stsd.body, 1)?.first().copied().unwrap_or(0);
    let mut most = SoundFrames::default();
    for entry in job.source.boxes(stsd.body + 8, stsd.end)? {
        let size = sound_head_bytes(job, &entry, list_version)?;
        let head = job.source.look(entry.body, size.min(entry.body_len()) as usize)?;
        most = most.max(describe(&entry.kind, head));
    }
    Ok(most)
}

/// From the fields of an audio sample entry.
fn describe(kind: &[u8; 4], head: &[u8]) -> SoundFrames {
    let [channels, bits] = [16, 18].map(|at| u64::from(u16_be(head, at).unwrap_or(0)));
    let per_sample = match kind {
        b"raw " | b"twos" | b"sowt" | b"NONE" | b"ipcm" | b"fpcm" => bits.div_ceil(8),
        b"ulaw" | b"alaw" => 1,
        b"in24" => 3,
        b"in32" | b"fl32" => 4,
        b"fl64" => 8,
        _ => 0,
    };
    match head.len() {
        // Bytes of a packet, moments of a packet.
        64 if kind == b"lpcm" => {
            SoundFrames { moments: u32_be(head, 60).unwrap_or(0).into(), bytes: u32_be(head, 56).unwrap_or(0).into() }
        }
        44 if per_sample == 0 => {
            SoundFrames { moments: u32_be(head, 28).unwrap_or(0).into(), bytes: u32_be(head, 36).unwrap_or(0).into() }
        }
        _ if per_sample > 0 => SoundFrames { moments: 1, bytes: per_sample * channels },
        _ => SoundFrames::default(),
    }
}
