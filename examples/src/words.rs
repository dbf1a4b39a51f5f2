//! Facts of a track in words.

use viralforge_core::{AudioInfo, HdrKind, VideoInfo};

/// Size, frame rate, format and whatever a viewer must know, such as rotation.
pub(crate) fn video_words(video: &VideoInfo) -> String {
    let mut words = vec![format!("{} × {}", video.width, video.height)];
    if let Some(rate) = video.frame_rate {
        let variable = if video.variable_frame_rate { " (varies)" } else { "" };
        words.push(format!("{} fps{variable}", (rate.as_f64() * 1000.0).round() / 1000.0));
    }
    match video.rotation.degrees() {
        0 => {}
        degrees => words.push(format!("turned by {degrees}°")),
    }
    if video.mirrored {
        words.push("mirrored".to_owned());
    }
    if video.sample_aspect_ratio.as_f64() != 1.0 {
        words.push(format!("shown as {}", video.display_aspect_ratio));
    }
    if video.interlaced {
        words.push("interlaced".to_owned());
    }
    words.extend(video.pixel_format.clone());
    words.push(video.hdr.map_or("SDR", hdr_name).to_owned());
    words.join(", ")
}

/// Sample rate and channels.
pub(crate) fn audio_words(audio: &AudioInfo) -> String {
    let channels = match (&audio.channel_layout, audio.channels) {
        (Some(layout), _) => layout.clone(),
        (None, 1) => "1 channel".to_owned(),
        (None, n) => format!("{n} channels"),
    };
    format!("{} kHz, {channels}", f64::from(audio.sample_rate_hz) / 1000.0)
}

fn hdr_name(kind: HdrKind) -> &'static str {
    match kind {
        HdrKind::Pq => "HDR (PQ)",
        HdrKind::Hdr10 => "HDR10",
        HdrKind::Hdr10Plus => "HDR10+",
        HdrKind::Hlg => "HDR (HLG)",
        HdrKind::DolbyVision => "Dolby Vision",
        _ => "HDR",
    }
}
