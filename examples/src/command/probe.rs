//! `viralforge probe`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{MediaInfo, StreamInfo, probe};

use crate::failure::Failure;
use crate::session::Session;
use crate::table::{Align, Table};
use crate::units::{bit_rate, bytes, clock};
use crate::words::{audio_words, video_words};

/// Show what is in a file: container, tracks, chapters and tags.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge probe talk.mp4
  viralforge probe talk.mp4 --json | jq .streams")]
pub(crate) struct Probe {
    /// The file to look at.
    file: PathBuf,
}

impl Probe {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let info = probe(&source, session.monitor())?;
        session.print(&info, || text(source.name(), &info))
    }
}

fn text(name: &str, info: &MediaInfo) -> String {
    let mut facts = Table::facts();
    facts.fact("container", &info.container);
    facts.fact("duration", clock(info.duration));
    facts.fact("size", bytes(info.byte_len));
    facts.fact("bit rate", bit_rate(info.bit_rate_bps));

    let mut tracks = Table::new([
        ("#", Align::Right),
        ("kind", Align::Left),
        ("codec", Align::Left),
        ("bit rate", Align::Right),
        ("language", Align::Left),
        ("facts", Align::Left),
    ]);
    for stream in &info.streams {
        tracks.row([
            stream.index.to_string(),
            if stream.attached_picture { "cover".to_owned() } else { stream.kind.to_string() },
            codec(stream),
            bit_rate(stream.bit_rate_bps),
            stream.language.clone().unwrap_or_default(),
            stream.video.as_ref().map(video_words).or(stream.audio.as_ref().map(audio_words)).unwrap_or_default(),
        ]);
    }
    let mut text = format!("{}\n{}\n{}", crate::failure::one_line(name), facts.render(), tracks.render());

    if !info.chapters.is_empty() {
        let mut chapters = Table::new([("start", Align::Right), ("end", Align::Right), ("chapter", Align::Left)]);
        for chapter in &info.chapters {
            let title = chapter.title.clone().unwrap_or_default();
            chapters.row([chapter.range.start().to_string(), chapter.range.end().to_string(), title]);
        }
        text.push('\n');
        text.push_str(&chapters.render());
    }
    if !info.tags.is_empty() {
        let mut tags = Table::new([("tag", Align::Left), ("text", Align::Left)]);
        for tag in &info.tags {
            tags.row([tag.key.clone(), tag.value.clone()]);
        }
        text.push('\n');
        text.push_str(&tags.render());
    }
    text
}

fn codec(stream: &StreamInfo) -> String {
    match &stream.profile {
        Some(profile) => format!("{} ({profile})", stream.codec),
        None => stream.codec.clone(),
    }
}
