//! Files inside a Matroska file: covers and fonts are usual, programs are not.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts};
use super::super::signature::{self, Sniffed};
use super::children;
use super::element::{self, Element};

/// Walks `Attachments`.
pub(super) fn walk<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    list: &Element,
    limit: u64,
    facts: &mut Facts,
) -> io::Result<()> {
    let mut visited = 0;
    let files: Vec<_> = children(cx, list, limit, &mut visited)?.into_iter().filter(|e| e.id == 0x61a7).collect();
    facts.track_count += files.len() as u64;
    for file in files.iter().take(cx.policy.max_streams as usize + 1) {
        let (mut name, mut mime, mut data) = (String::new(), String::new(), None);
        for field in children(cx, file, limit, &mut visited)? {
            match field.id {
                0x466e => name = element::text(&mut cx.window, &field)?,
                0x4660 => mime = element::text(&mut cx.window, &field)?,
                0x465c => data = Some(field),
                _ => {}
            }
        }
        let head = match data {
            Some(data) => cx.window.look(data.body, data.len.unwrap_or(0).min(4096) as usize)?,
            None => &[],
        };
        let sniffed = signature::sniff(head);
        let what = format!("attachment {name:?} of type {mime:?}");
        let at = Some(file.start);
        match sniffed {
            Sniffed::Media(kind) if kind.is_image() => cx.findings.add(Code::AttachedPicture, at, what),
            Sniffed::Unknown if is_font(head) => {}
            Sniffed::Other(Code::Document, "text") | Sniffed::Media(_) | Sniffed::OtherMedia(_) | Sniffed::Unknown => {
                let active = super::super::file_name::is_active_inside(&name);
                if active {
                    cx.findings.add(Code::AttachedProgram, at, what);
                } else {
                    cx.findings.treat(cx.policy.attachments, Code::AttachedFile, at, what);
                }
            }
            Sniffed::Other(_, kind) => cx.findings.add(Code::AttachedProgram, at, format!("{what} is {kind}")),
        }
    }
    Ok(())
}

/// TrueType, OpenType, their collections, and WOFF.
fn is_font(head: &[u8]) -> bool {
    [b"\0\x01\0\0".as_slice(), b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2"].iter().any(|tag| head.starts_with(tag))
}
