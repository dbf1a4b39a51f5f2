//! A bounded decode: whether the media is what its headers promise.

use super::code::Code;
use super::findings::Findings;
use super::media::add_error;
use super::policy::{UploadPolicy, UploadSlot};
use super::report::DecodedShare;
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::media::{Decoded, MediaReader, Request};
use crate::media_info::MediaInfo;
use crate::monitor::{Monitor, Stage};
use crate::source::Source;
use crate::time::{TimeRange, Timestamp};

/// Pixels that one check decodes: about a third of a CPU second of H.264.
const PIXEL_BUDGET: u64 = 80_000_000;
/// Bytes of decoded sound (32-bit samples) that one check makes: about two minutes of stereo at 48 kHz.
const SOUND_BUDGET_BYTES: u64 = 48_000_000;
/// Where to look in media that is too long to decode whole, as shares of its length, with the share of the budget.
const PLACES: [(f64, f64); 5] = [(0.0, 0.3), (0.25, 0.15), (0.5, 0.15), (0.75, 0.15), (1.0, 0.25)];
/// How much of the media one place covers at most, in seconds.
const PLACE_SECONDS: f64 = 2.0;
/// Pictures of more pixels are decoded once, a keyframe by itself: a decoder keeps up to 16 of them for reference.
const LARGE_PIXELS: u64 = 16_000_000;
/// Frames that may still be in the decoder where a check ends before the file does (H.264, A.3.1).
const MAX_DELAY_FRAMES: u64 = 16;
/// Packets of no use that one place may hold: a capture that begins in the middle of a long GOP has some hundred, and
/// small ones would cost a file's worth of time without ever counting towards a budget.
const MAX_UNDECODABLE: u64 = 1000;
/// Share of the packets that may give no picture: VP8 has some that are for reference only, and a cut leaves some
/// without the pictures that they refer to.
const MAX_LOST_SHARE: f64 = 0.25;
/// A file may end this much before the length that it states.
const LENGTH_TOLERANCE_SECONDS: f64 = 0.2;

/// What one or more passes found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    /// When the last thing that came out ends, in seconds.
    end: f64,
    good: u64,
    damaged: u64,
    /// Whether the last pass came to the end of its range, rather than of the budget.
    finished: bool,
}

/// Decodes the video and the sound track, whole where short, else at some places.
pub(super) fn check(
    source: &Source,
    info: &MediaInfo,
    walked_seconds: Option<f64>,
    policy: &UploadPolicy,
    monitor: &Monitor,
    findings: &mut Findings,
) -> Result<DecodedShare> {
    let mut decoded = DecodedShare { whole: true, ..DecodedShare::default() };
    let seconds = walked_seconds.or(info.duration.map(|d| d.as_seconds_f64())).unwrap_or(0.0);
    if let Some(video) = info.video().filter(|_| policy.slot == UploadSlot::Video) {
        let facts = video.video.as_ref();
        let pixels = facts.map_or(0, |v| u64::from(v.width) * u64::from(v.height));
        let rate = facts.and_then(|v| v.frame_rate).map_or(30.0, |r| r.as_f64());
        let pixel_budget = PIXEL_BUDGET / relative_cost(&video.codec);
        let whole = policy.decode_whole || (pixels as f64 * rate * seconds) <= pixel_budget as f64;
        findings.set_track(Some(video.index as usize));
        // The reader counts three bytes for two pixels; every place gets a few pictures in any case, unless they are so
        // large that the decoder's own buffers would be too much.
        let budget = if pixels > LARGE_PIXELS { pixels } else { (pixel_budget * 3 / 2).max(pixels * 3 * 4) };
        let whole = whole && (policy.decode_whole || pixels <= LARGE_PIXELS);
        let tally = passes(
            source,
            &Request::video(),
            Plan { policy, seconds, whole, large: pixels > LARGE_PIXELS, budget },
            monitor,
            findings,
        )?;
        decoded.whole &= whole;
        (decoded.frames, decoded.damaged_frames) = (tally.good + tally.damaged, tally.damaged);
        decoded.damaged_share = judge(tally, "frames", policy, findings);
    }
    if let Some(audio) = info.audio() {
        let facts = audio.audio.as_ref();
        let rate = facts.map_or(0.0, |a| f64::from(a.channels) * f64::from(a.sample_rate_hz)) * 4.0;
        let whole = policy.decode_whole || rate * seconds <= SOUND_BUDGET_BYTES as f64;
        let plan = Plan { policy, seconds, whole, large: false, budget: SOUND_BUDGET_BYTES };
        findings.set_track(Some(audio.index as usize));
        let tally = passes(source, &Request::audio(), plan, monitor, findings)?;
        decoded.whole &= whole;
        (decoded.audio_frames, decoded.damaged_audio_frames) = (tally.good + tally.damaged, tally.damaged);
        decoded.damaged_share = judge(tally, "pieces of sound", policy, findings).max(decoded.damaged_share);
        // A FLAC file states its length and has no index that would tell that the end is missing.
        if info.container == "flac" && tally.finished && tally.end < seconds - LENGTH_TOLERANCE_SECONDS {
            let message = format!("the sound ends at {:.1} s of {seconds:.1} s", tally.end);
            findings.add(Code::CutShort, None, message);
        }
    }
    findings.set_track(None);
    Ok(decoded)
}

fn is_interlaced(info: &MediaInfo) -> bool {
    info.video().and_then(|stream| stream.video.as_ref()).is_some_and(|video| video.interlaced)
}

/// How much longer a picture takes than one of H.264, roughly, at the bit rates of phones.
fn relative_cost(codec: &str) -> u64 {
    match codec {
        "hevc" | "av1" | "prores" => 3,
        "vp9" => 2,
        _ => 1,
    }
}

/// How far to decode.
#[derive(Clone, Copy)]
struct Plan<'a> {
    policy: &'a UploadPolicy,
    seconds: f64,
    whole: bool,
    /// Whether pictures are so large that one is enough.
    large: bool,
    /// Decoded bytes, as the reader counts them.
    budget: u64,
}

fn passes(
    source: &Source,
    request: &Request,
    plan: Plan<'_>,
    monitor: &Monitor,
    findings: &mut Findings,
) -> Result<Tally> {
    let request = Request {
        threads: Some(1),
        skip_loop_filter: true,
        keyframes_alone: plan.large,
        max_undecodable_packets: (!plan.policy.decode_whole).then_some(MAX_UNDECODABLE),
        ..request.clone()
    };
    let mut tally = Tally::default();
    if plan.whole {
        let budget = if plan.policy.decode_whole { u64::MAX } else { plan.budget * 2 };
        pass(source, &request, budget, (plan.policy, monitor), findings, &mut tally)?;
        return Ok(tally);
    }
    let places = if plan.large { PLACES.get(..1).unwrap_or(&PLACES) } else { &PLACES };
    for &(place, share) in places {
        let start = (plan.seconds - PLACE_SECONDS).max(0.0) * place;
        let range =
            TimeRange::new(Timestamp::from_seconds_f64(start), Timestamp::from_seconds_f64(start + PLACE_SECONDS));
        let request = Request { range, ..request.clone() };
        pass(source, &request, (plan.budget as f64 * share) as u64, (plan.policy, monitor), findings, &mut tally)?;
        monitor.report(Stage::Validate, 0.2 + 0.8 * place);
        if findings.rejected() {
            break;
        }
    }
    if plan.large && tally.good + tally.damaged == 0 && !findings.rejected() {
        // No picture says that it is a keyframe.
        let request = Request { keyframes_alone: false, ..request };
        pass(source, &request, plan.budget, (plan.policy, monitor), findings, &mut tally)?;
    }
    Ok(tally)
}

/// Decodes until the end of the range or of the budget.
fn pass(
    source: &Source,
    request: &Request,
    budget: u64,
    (policy, monitor): (&UploadPolicy, &Monitor),
    findings: &mut Findings,
    tally: &mut Tally,
) -> Result<()> {
    let limits = source.limits().clone();
    let allowed = limits.max_decoded_bytes.min(budget);
    let source = source.clone().with_limits(limits.with_max_decoded_bytes(allowed));
    let mut reader = match MediaReader::open(&source, request, monitor) {
        Ok(reader) => reader,
        Err(error) => return add_error(error, findings),
    };
    let (mut pieces, mut before, mut size) = (0, None, None);
    tally.finished = true;
    for decoded in &mut reader {
        match decoded {
            Ok(Decoded::Picture(picture)) => {
                let gap = before.map_or(0.0, |before: Timestamp| (picture.time() - before).as_seconds_f64());
                if gap > policy.max_frame_gap.as_secs_f64() {
                    findings.add(Code::FrameGap, None, format!("{gap:.1} s from one frame to the next"));
                }
                before = Some(picture.time());
                check_size(picture.stored_size(), &mut size, policy, findings);
                tally.end = tally.end.max((picture.time() + picture.duration()).as_seconds_f64());
            }
            Ok(Decoded::Sound(sound)) => {
                pieces += 1;
                let end = sound.start + Timestamp::from_units(sound.len() as i64, 1, sound.sample_rate_hz.max(1));
                tally.end = tally.end.max(end.as_seconds_f64());
            }
            // The budget of this check, not a fault of the file.
            Err(Error::LimitExceeded { limit: "max_decoded_bytes", .. }) => {
                tally.finished = false;
                break;
            }
            Err(error) => return add_error(error, findings),
        }
    }
    let damage = reader.damage();
    tally.finished &= !damage.gave_up;
    if reader.has_open_gop() {
        findings.add(Code::OpenGop, None, "pictures behind a keyframe are shown before it");
    }
    tally.damaged += damage.corrupt_frames + damage.undecodable_packets;
    // Frames that never came out, where the packets of a frame are one and all of them were decoded.
    let drained = tally.finished && request.range.is_none();
    let delay = if drained { 0 } else { MAX_DELAY_FRAMES };
    let lost = damage.picture_packets.saturating_sub(damage.frames + damage.undecodable_packets + delay);
    if lost as f64 > damage.picture_packets as f64 * MAX_LOST_SHARE && !is_interlaced(reader.info()) {
        tally.damaged += lost;
    }
    tally.good += (damage.frames - damage.corrupt_frames.min(damage.frames)) + pieces;
    Ok(())
}

/// A stream may change its size on the way, to one that is not allowed at the start.
fn check_size(here: Size, size: &mut Option<Size>, policy: &UploadPolicy, findings: &mut Findings) {
    let before = size.replace(here);
    if before.is_some_and(|before| before != here) {
        let message = format!("from {:?} to {}x{}", before.map(|s| (s.width, s.height)), here.width, here.height);
        findings.add(Code::ResolutionChange, None, message);
        if here.width.max(here.height) > policy.max_side
            || u64::from(here.width) * u64::from(here.height) > policy.max_pixels
        {
            findings.add(Code::TooLarge, None, format!("{}x{} on the way", here.width, here.height));
        }
    }
}

/// Adds a finding where too much is damaged; tells the share.
fn judge(tally: Tally, what: &str, policy: &UploadPolicy, findings: &mut Findings) -> f64 {
    let all = tally.good + tally.damaged;
    let share = if all == 0 { 1.0 } else { tally.damaged as f64 / all as f64 };
    let message = format!("{} of {all} {what} that were decoded are damaged", tally.damaged);
    if tally.good == 0 || share > policy.max_damaged_share {
        findings.add(Code::CorruptMedia, None, message);
    } else if tally.damaged > 0 {
        findings.add(Code::DecodeErrors, None, message);
    }
    share
}
