//! The table of what is in the file.

use viralforge_core::{MediaInfo, StreamInfo};

use super::escape::escape;
use crate::units::{bit_rate, bytes, clock, dash, short_clock};
use crate::words::{audio_words, video_words};

/// Tags and chapters beyond this many rows tell a viewer nothing.
const MAX_ROWS: usize = 40;

/// The few facts that stand under the title.
pub(super) fn headline(media: &MediaInfo) -> String {
    let (picture, sound) = (media.video(), media.audio());
    let video = picture.and_then(|s| s.video.as_ref());
    let rate = video.and_then(|v| v.frame_rate).map(|rate| format!("{} fps", (rate.as_f64() * 100.0).round() / 100.0));
    let facts = [
        ("Duration", media.duration.map_or_else(dash, short_clock)),
        ("Picture", video.map_or_else(dash, |v| format!("{} × {}", v.display_size.width, v.display_size.height))),
        ("Frame rate", rate.unwrap_or_else(dash)),
        ("Video", picture.map_or_else(dash, |s| s.codec.clone())),
        ("Sound", sound.map_or_else(|| "none".to_owned(), |s| s.codec.clone())),
        ("Size", bytes(media.byte_len)),
    ];
    let items: String =
        facts.iter().map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value))).collect();
    format!("<dl class=\"headline\">{items}</dl>")
}

/// The section.
pub(super) fn section(media: &MediaInfo) -> String {
    let mut rows = vec![
        ("Container".to_owned(), media.container.clone()),
        ("Duration".to_owned(), clock(media.duration)),
        ("Size".to_owned(), bytes(media.byte_len)),
        ("Bit rate".to_owned(), bit_rate(media.bit_rate_bps)),
    ];
    rows.extend(media.streams.iter().map(|s| (format!("Track {} · {}", s.index, s.kind), words(s))));
    let chapters = media.chapters.iter().take(MAX_ROWS);
    rows.extend(chapters.map(|c| {
        (format!("Chapter at {}", c.range.start()), c.title.clone().unwrap_or_else(|| "without a title".to_owned()))
    }));
    rows.extend(media.tags.iter().take(MAX_ROWS).map(|tag| (format!("Tag · {}", tag.key), tag.value.clone())));
    let rows: String = rows
        .iter()
        .map(|(name, value)| format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(name), escape(value)))
        .collect();
    format!(
        "<section id=\"facts\">\n<h2>File</h2>\n<div class=\"card\"><table class=\"facts\">\n{rows}</table></div>\n\
         </section>\n"
    )
}

fn words(stream: &StreamInfo) -> String {
    let mut words = vec![stream.codec.clone()];
    words.extend(stream.profile.clone());
    words.extend(stream.video.as_ref().map(video_words));
    words.extend(stream.audio.as_ref().map(audio_words));
    words.extend(stream.language.clone());
    words.join(", ")
}
