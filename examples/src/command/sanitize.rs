//! `viralforge sanitize`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use viralforge_core::{Output, RemovedKind, SanitizeOptions, SanitizeReport, UploadPolicy, sanitize_upload};

use super::validate::policy::Slot;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::{Align, Table};
use crate::units::bytes;

/// Rewrite an upload without locations, tags, attachments and hidden bytes; picture and sound stay as they are.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge sanitize IMG_0042.MOV -o clean.mov
  viralforge sanitize photo.jpg -o clean.jpg --json | jq '.removed[].what'
  viralforge sanitize talk.mkv -o clean.mkv --no-keep-chapters

MP4, MOV, WebM, Matroska, JPEG, PNG, WebP and GIF are rewritten, nothing is encoded anew. The exit status is
3 where the structure of the file is refused; `viralforge validate` then says more.")]
pub(crate) struct Sanitize {
    /// The upload.
    file: PathBuf,

    /// Where to write the clean file.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// What the upload is to be; by default whatever it is.
    #[arg(long, visible_alias = "slot", value_enum)]
    policy: Option<Slot>,

    /// Remove chapters as well.
    #[arg(long)]
    no_keep_chapters: bool,
}

#[derive(Serialize)]
struct Written<'a> {
    output: String,
    #[serde(flatten)]
    report: &'a SanitizeReport,
}

impl Sanitize {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let mut options = SanitizeOptions::default().with_keep_chapters(!self.no_keep_chapters);
        options.policy = self.policy.map(|slot| UploadPolicy::for_slot(slot.of_upload()));
        let source = session.source(&self.file)?;
        let report = sanitize_upload(&source, &Output::to_path(&self.output), &options, session.monitor())?;
        let output = self.output.display().to_string();
        session.print(&Written { output: output.clone(), report: &report }, || text(&output, &report))
    }
}

fn text(output: &str, report: &SanitizeReport) -> String {
    let mut facts = Table::facts();
    facts.fact("written to", output);
    facts.fact("type", &report.mime);
    facts.fact("size", format!("{}, was {}", bytes(report.bytes_out), bytes(report.bytes_in)));
    if report.header_was_last {
        facts.fact("header", "now in front of the media");
    }
    let mut text = facts.render();
    if report.removed.is_empty() {
        return text;
    }
    let mut removed = Table::new([("removed", Align::Left), ("pieces", Align::Right), ("size", Align::Right)]);
    for one in &report.removed {
        removed.row([name(one.what).to_owned(), one.count.to_string(), bytes(one.bytes)]);
    }
    text.push('\n');
    text.push_str(&removed.render());
    text
}

fn name(what: RemovedKind) -> &'static str {
    match what {
        RemovedKind::Location => "location",
        RemovedKind::Exif => "Exif",
        RemovedKind::Xmp => "XMP",
        RemovedKind::Tags => "tags",
        RemovedKind::Comment => "comments",
        RemovedKind::Cover => "cover",
        RemovedKind::Preview => "preview",
        RemovedKind::Chapters => "chapters",
        RemovedKind::Attachment => "attachments",
        RemovedKind::DataTrack => "data tracks",
        RemovedKind::Index => "index of fragments",
        RemovedKind::UnknownBox => "unknown parts",
        RemovedKind::FreeSpace => "free space",
        RemovedKind::UnreferencedBytes => "bytes of no sample",
        RemovedKind::TrailingBytes => "bytes after the end",
        _ => "other",
    }
}
