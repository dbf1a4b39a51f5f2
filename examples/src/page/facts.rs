//! The table of what is in the file.

use viralforge_core::{MediaInfo, StreamInfo};

use super::escape::escape;
use crate::units::{bit_rate, bytes, clock};
use crate::words::{audio_words, video_words};

/// Tags and chapters beyond this many rows tell a viewer nothing.
const MAX_ROWS: usize = 40;

/// The few facts that stand under the title.
pub(super) fn headline(media: &MediaInfo) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(video) = media.video().and_then(|s| s.video.as_ref()) {
        facts.push(video.display_size.to_string().replace('x', " × "));
        facts.extend(video.frame_rate.map(|rate| format!("{} fps", (rate.as_f64() * 100.0).round() / 100.0)));
    }
    let codecs: Vec<_> = [media.video(), media.audio()].into_iter().flatten().map(|s| s.codec.as_str()).collect();
    facts.push(codecs.join(" + "));
    facts.push(bytes(media.byte_len));
    facts
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
