//! Holds facts against the policy: the same rules whether a walk or FFmpeg found the facts.

use super::code::Code;
use super::facts::{Facts, Track};
use super::findings::Findings;
use super::policy::{UploadPolicy, UploadSlot};
use crate::geometry::TrackKind;

/// Picture and sound may end this far apart before it is worth a warning, in seconds.
const AV_TOLERANCE_SECONDS: f64 = 2.0;

/// Sides that differ by less than a macroblock are one with its padding and one without.
const BLOCK_PIXELS: u32 = 16;

/// Pixels of all pictures of an animation together, as a multiple of what one picture may have.
pub(super) const MAX_CANVASES: u64 = 100;

/// Adds a finding for each fact that the policy does not allow.
pub(super) fn judge(facts: &Facts, policy: &UploadPolicy, findings: &mut Findings) {
    if policy.slot == UploadSlot::Image {
        judge_image(facts, policy, findings);
    } else {
        judge_tracks(facts, policy, findings);
        judge_length(facts, policy, findings);
    }
    if facts.metadata_bytes > policy.max_metadata_bytes {
        let message = format!("{} bytes; {} are allowed", facts.metadata_bytes, policy.max_metadata_bytes);
        findings.add(Code::TooMuchMetadata, None, message);
    }
    judge_count(facts, policy, findings);
}

/// Judges what the header of a file alone tells, so that an upload need not come whole to be refused. [`judge`] finds the
/// same again and more; a finding counts once.
pub(super) fn judge_header(facts: &Facts, policy: &UploadPolicy, findings: &mut Findings) {
    if policy.slot == UploadSlot::Image {
        facts.tracks.iter().for_each(|track| judge_picture(track, policy, findings));
    } else {
        judge_tracks(facts, policy, findings);
        judge_count(facts, policy, findings);
    }
}

fn judge_count(facts: &Facts, policy: &UploadPolicy, findings: &mut Findings) {
    if facts.track_count > u64::from(policy.max_streams) {
        let message = format!("{} tracks; {} are allowed", facts.track_count, policy.max_streams);
        findings.add(Code::TooManyTracks, None, message);
    }
}

fn judge_image(facts: &Facts, policy: &UploadPolicy, findings: &mut Findings) {
    for track in &facts.tracks {
        judge_picture(track, policy, findings);
    }
    let frames = facts.image_frames.unwrap_or(1);
    if frames > policy.max_image_frames {
        let message = format!("{frames} pictures; {} are allowed", policy.max_image_frames);
        findings.add(Code::TooManyFrames, None, message);
    }
    // A frame of one pixel costs a whole canvas.
    let canvas: u64 = facts.tracks.iter().map(|t| u64::from(t.width) * u64::from(t.height)).max().unwrap_or(0);
    if frames > 1 && canvas.saturating_mul(frames) > policy.max_pixels.saturating_mul(MAX_CANVASES) {
        findings.add(Code::TooManyFramePixels, None, format!("{frames} pictures of {canvas} pixels"));
    }
    if frames > 1 && !policy.allow_animation {
        findings.add(Code::Animated, None, format!("{frames} pictures"));
    }
}

fn judge_tracks(facts: &Facts, policy: &UploadPolicy, findings: &mut Findings) {
    if facts.tracks.is_empty() {
        findings.add(Code::NoTracks, None, "no track");
        return;
    }
    let of = |kind| facts.tracks.iter().filter(move |t| t.kind == kind && !t.attached_picture);
    if facts.tracks.iter().any(|t| t.attached_picture) {
        findings.add(Code::AttachedPicture, None, "a cover");
    }
    let others = facts.tracks.iter().filter(|t| !matches!(t.kind, TrackKind::Video | TrackKind::Audio)).count();
    if others > 0 {
        findings.treat(policy.data_tracks, Code::ExtraStreams, None, format!("{others} other tracks"));
    }
    for (index, track) in facts.tracks.iter().enumerate().filter(|(_, t)| !t.attached_picture) {
        findings.set_track(Some(index));
        match track.kind {
            TrackKind::Video => judge_picture(track, policy, findings),
            TrackKind::Audio => judge_sound(track, policy, findings),
            _ => {}
        }
    }
    findings.set_track(None);

    let (video, audio) = (of(TrackKind::Video).count(), of(TrackKind::Audio).count());
    if policy.slot == UploadSlot::Video {
        if video == 0 {
            findings.add(Code::NoVideo, None, "no video track that is not a cover");
        }
        if audio == 0 {
            let code = if policy.require_audio { Code::NoAudio } else { Code::SilentVideo };
            findings.add(code, None, "no sound track");
        }
        judge_codecs(of(TrackKind::Video), &policy.allowed_video_codecs, Code::VideoCodecNotAllowed, findings);
    } else if audio == 0 {
        findings.add(Code::NoAudio, None, "no sound track");
    }
    judge_codecs(of(TrackKind::Audio), &policy.allowed_audio_codecs, Code::AudioCodecNotAllowed, findings);
}

/// One track of the kind must be allowed; phones put experimental ones beside it.
fn judge_codecs<'a>(tracks: impl Iterator<Item = &'a Track>, allowed: &[String], code: Code, findings: &mut Findings) {
    let name = |track: &Track| track.codec.clone().unwrap_or_else(|| "unknown".to_owned());
    let fits = |track: &Track| {
        track
            .codec
            .as_deref()
            .is_some_and(|codec| allowed.iter().any(|a| a == codec || (a == "pcm" && codec.starts_with("pcm_"))))
    };
    let (good, bad): (Vec<_>, Vec<_>) = tracks.partition(|track| fits(track));
    if let Some(first) = bad.first() {
        let message = format!("{} is not one of {}", name(first), allowed.join(", "));
        findings.add(if good.is_empty() { code } else { Code::OtherCodec }, None, message);
    }
}

fn judge_picture(track: &Track, policy: &UploadPolicy, findings: &mut Findings) {
    let (width, height) = (u64::from(track.width), u64::from(track.height));
    // A walk that could not tell leaves it to the probe, and that to the decoder.
    if width == 0 && height == 0 {
        return;
    }
    let (min, max) = (u64::from(policy.min_side), u64::from(policy.max_side));
    if width.min(height) < min {
        findings.add(Code::TooSmall, None, format!("{width}x{height}; each side must be at least {min}"));
    }
    if width.max(height) > max || width * height > policy.max_pixels {
        let message = format!("{width}x{height}; {max} a side and {} pixels are allowed", policy.max_pixels);
        findings.add(Code::TooLarge, None, message);
    }
    judge_coded(track, policy, findings);
    let (across, down) = track.pixel_aspect;
    if across == down || across == 0 || down == 0 {
        return;
    }
    findings.add(Code::PixelShape, None, format!("pixels are {across}:{down}"));
    let ratio = f64::from(across.max(down)) / f64::from(across.min(down));
    if ratio > policy.max_pixel_aspect {
        let message = format!("pixels are {across}:{down}; {}:1 is allowed", policy.max_pixel_aspect);
        findings.add(Code::BadPixelShape, None, message);
    } else if width * u64::from(across) / u64::from(down) > max {
        findings.add(Code::TooLarge, None, format!("{width}x{height} with pixels of {across}:{down}"));
    }
}

/// Decoders make pictures of the size that the codec's own header states, whatever the container says.
fn judge_coded(track: &Track, policy: &UploadPolicy, findings: &mut Findings) {
    let Some((width, height)) = track.coded else { return };
    let max = policy.max_side;
    if width.max(height) > max || u64::from(width) * u64::from(height) > policy.max_pixels {
        let message = format!(
            "{width}x{height} in the codec's header; {max} a side and {} pixels are allowed",
            policy.max_pixels
        );
        findings.add(Code::TooLarge, None, message);
    } else if width.min(height) < policy.min_side {
        let message = format!("{width}x{height} in the codec's header; each side must be at least {}", policy.min_side);
        findings.add(Code::TooSmall, None, message);
    } else if width.abs_diff(track.width).max(height.abs_diff(track.height)) >= BLOCK_PIXELS {
        let message =
            format!("{width}x{height} in the codec's header, {}x{} in the container", track.width, track.height);
        findings.add(Code::CodedSize, None, message);
    }
}

fn judge_sound(track: &Track, policy: &UploadPolicy, findings: &mut Findings) {
    if track.channels > policy.max_channels {
        let message = format!("{} channels; {} are allowed", track.channels, policy.max_channels);
        findings.add(Code::TooManyChannels, None, message);
    } else if track.channels > 2 {
        findings.add(Code::Multichannel, None, format!("{} channels", track.channels));
    }
    if track.sample_rate_hz > policy.max_sample_rate_hz {
        let message = format!("{} Hz; {} are allowed", track.sample_rate_hz, policy.max_sample_rate_hz);
        findings.add(Code::SampleRate, None, message);
    } else if (1..22_050).contains(&track.sample_rate_hz) {
        findings.add(Code::LowSampleRate, None, format!("{} Hz", track.sample_rate_hz));
    }
}

/// Judges how long the media is, once all of it is known.
pub(super) fn judge_length(facts: &Facts, policy: &UploadPolicy, findings: &mut Findings) {
    let longest = |kind| {
        facts.tracks.iter().filter(|t| t.kind == kind && !t.attached_picture).filter_map(|t| t.seconds).reduce(f64::max)
    };
    let (video, audio) = (longest(TrackKind::Video), longest(TrackKind::Audio));
    let videos = || facts.tracks.iter().enumerate().filter(|(_, t)| t.kind == TrackKind::Video && !t.attached_picture);
    if policy.slot == UploadSlot::Video && videos().count() > 0 && videos().all(|(_, t)| t.frames == Some(0)) {
        findings.add(Code::NoFrames, None, "no frame");
    }
    for (index, track) in videos() {
        findings.set_track(Some(index));
        match (track.frames, track.seconds) {
            (Some(1), _) => findings.add(Code::SingleFrame, None, "one frame"),
            (Some(frames), Some(seconds)) if seconds > 0.0 && frames as f64 / seconds > policy.max_frame_rate => {
                let message =
                    format!("{frames} frames in {seconds:.3} s; {} a second are allowed", policy.max_frame_rate);
                findings.add(Code::FrameRate, None, message);
            }
            _ => {}
        }
    }
    findings.set_track(None);
    if let (Some(video), Some(audio)) = (video, audio)
        && (video - audio).abs() > AV_TOLERANCE_SECONDS
    {
        findings.add(Code::AvDurationMismatch, None, format!("video of {video:.3} s, sound of {audio:.3} s"));
    }
    // What is in the tracks wins over what a header says.
    let Some(seconds) = video.into_iter().chain(audio).reduce(f64::max).or(facts.seconds) else {
        if !facts.tracks.is_empty() {
            findings.add(Code::UnknownDuration, None, "the container does not tell");
        }
        return;
    };
    if facts.seconds.is_some_and(|stated| (stated - seconds).abs() > 1.0 + seconds * 0.1) {
        let stated = facts.seconds.unwrap_or_default();
        findings.add(
            Code::DurationMismatch,
            None,
            format!("header says {stated:.3} s, the media lasts {seconds:.3} s"),
        );
    }
    if seconds <= 0.0 && !findings.has(Code::NoFrames) {
        findings.add(Code::ZeroDuration, None, "0 s");
    }
    if seconds > policy.max_duration.as_secs_f64() {
        let message = format!("{seconds:.3} s; {} s are allowed", policy.max_duration.as_secs_f64());
        findings.add(Code::TooLong, None, message);
    }
    if seconds < policy.min_duration.as_secs_f64() {
        let message = format!("{seconds:.3} s; at least {} s are needed", policy.min_duration.as_secs_f64());
        findings.add(Code::TooShort, None, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video() -> Track {
        let mut track = Track::new(TrackKind::Video);
        track.codec = Some("h264".into());
        (track.width, track.height, track.frames, track.seconds) = (1920, 1080, Some(250), Some(10.0));
        track
    }

    fn judged(change: impl Fn(&mut Facts)) -> Findings {
        let mut facts = Facts { tracks: vec![video()], track_count: 1, seconds: Some(10.0), ..Facts::default() };
        change(&mut facts);
        let mut findings = Findings::default();
        judge(&facts, &UploadPolicy::video(), &mut findings);
        findings
    }

    #[test]
    fn an_ordinary_video_breaks_no_rule() {
        assert!(!judged(|_| ()).rejected());
    }

    #[test]
    fn each_bound_is_inclusive_and_has_its_code() {
        type Change = fn(&mut Track, bool);
        let cases: [(Code, Change); 5] = [
            (Code::TooLarge, |t, over| t.width = 8192 + u32::from(over)),
            (Code::TooSmall, |t, under| t.height = 16 - u32::from(under)),
            (Code::TooLong, |t, over| t.seconds = Some(4.0 * 3600.0 + f64::from(u8::from(over)))),
            (Code::BadPixelShape, |t, over| t.pixel_aspect = (1, 10 + u32::from(over))),
            (Code::FrameRate, |t, over| t.frames = Some(10_000 + u64::from(over))),
        ];
        for (code, change) in cases {
            for over in [false, true] {
                assert_eq!(judged(|f| change(&mut f.tracks[0], over)).has(code), over, "{code:?} {over}");
            }
        }
    }

    #[test]
    fn a_cover_is_no_video_and_a_strange_second_track_does_no_harm() {
        assert!(judged(|f| f.tracks[0].attached_picture = true).has(Code::NoVideo));
        let mut strange = video();
        strange.codec = None;
        let both = judged(|f| f.tracks.push(strange.clone()));
        assert!(both.has(Code::OtherCodec) && !both.rejected());
        assert!(judged(|f| f.tracks = vec![strange.clone()]).has(Code::VideoCodecNotAllowed));
    }

    #[test]
    fn the_samples_win_over_the_header() {
        let findings = judged(|f| f.seconds = Some(4e6));
        assert!(findings.has(Code::DurationMismatch) && !findings.has(Code::TooLong));
        assert!(judged(|f| f.tracks[0].seconds = Some(0.0)).has(Code::ZeroDuration));
        assert!(judged(|f| f.tracks[0].frames = Some(0)).has(Code::NoFrames));
    }
}
