//! Looks for things that are no media in bytes where no media is: documents, scripts, archives, programs.

use memchr::memmem;

use super::code::Code;
use super::window::{u16_le, u32_be, u32_le};

/// Something that a browser, a server or an operating system would act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    Html,
    Php,
    Pdf,
    Zip,
    WindowsProgram,
    UnixProgram,
    MacProgram,
    Archive,
    ServerPage,
    Entity,
    Playlist,
    TestVirus,
}

impl Payload {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Html => "HTML or a script",
            Self::Php => "PHP code",
            Self::Pdf => "a PDF document",
            Self::Zip => "a ZIP archive",
            Self::WindowsProgram => "a Windows program",
            Self::UnixProgram => "a Unix program",
            Self::MacProgram => "a macOS program or Java class",
            Self::Archive => "a RAR or 7-Zip archive",
            Self::ServerPage => "code of a JSP or ASP page",
            Self::Entity => "XML that asks for another file",
            Self::Playlist => "a playlist",
            Self::TestVirus => "the EICAR test pattern",
        }
    }

    /// The finding that such a thing is where only space or text should be.
    pub(super) fn code(self) -> Code {
        match self {
            Self::TestVirus => Code::TestVirus,
            Self::Entity => Code::XmlExternalEntity,
            _ => Code::HiddenPayload,
        }
    }

    /// Whether it is code that runs when the bytes are served as a page.
    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Html | Self::Php | Self::ServerPage | Self::TestVirus)
    }
}

/// The test pattern of the antivirus makers (eicar.org), here in two parts so that no scanner takes this for it.
const EICAR: [&[u8]; 2] = [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

/// Tags that make a browser treat bytes as a page, from the WHATWG MIME sniffing standard, section 7.1, without the
/// ones that plain text has by chance.
const MARKUP: [&[u8]; 8] =
    [b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg", b"<object"];

/// The first such thing in `bytes`, and where.
pub(super) fn find(bytes: &[u8]) -> Option<(usize, Payload)> {
    let pairs = bytes.iter().zip(bytes.get(1..)?).enumerate();
    pairs.filter(|(_, pair)| may_begin(*pair)).find_map(|(at, _)| Some((at, at_start(bytes.get(at..)?)?)))
}

/// Whether a payload may begin with these two bytes: nearly all places are passed over by this alone.
fn may_begin(pair: (&u8, &u8)) -> bool {
    matches!(
        pair,
        (b'<', _)
            | (0, b'<')
            | (b'%', b'P')
            | (b'P', b'K')
            | (b'M', b'Z')
            | (b'R', b'a')
            | (b'7', b'z')
            | (b'#', b'E' | b'!')
            | (b'f', b'f')
            | (b'X', b'5')
            | (b'_', b'_')
            | (0x7f, b'E')
            | (0xca, 0xfe)
            | (0xce | 0xcf, 0xfa)
            | (0xfe, 0xed)
    )
}

/// The first script for a server or a browser in `bytes`, and where.
pub(super) fn find_code(bytes: &[u8]) -> Option<(usize, Payload)> {
    bytes.iter().enumerate().filter(|(_, b)| **b == b'<').find_map(|(at, _)| {
        let rest = bytes.get(at..)?;
        let is_code = |what: &Payload| {
            matches!(what, Payload::Php | Payload::ServerPage)
                || starts_with_tag(rest, b"<script")
                || is_wide_markup(rest)
        };
        at_start(rest).filter(is_code).map(|what| (at, what))
    })
}

/// What `bytes` begin with.
pub(super) fn at_start(bytes: &[u8]) -> Option<Payload> {
    match bytes.first()? {
        b'<' if starts_with_any_case(bytes, b"<?php") || is_php_echo(bytes) => Some(Payload::Php),
        b'_' => starts_with_any_case(bytes, b"__halt_compiler()").then_some(Payload::Php),
        b'<' if is_entity(bytes) => Some(Payload::Entity),
        b'<' if is_event_handler(bytes) => Some(Payload::Html),
        b'<' if is_server_include(bytes) => Some(Payload::ServerPage),
        b'<' if is_server_page(bytes) => Some(Payload::ServerPage),
        b'<' => {
            (MARKUP.iter().any(|tag| starts_with_tag(bytes, tag)) || is_wide_markup(bytes)).then_some(Payload::Html)
        }
        0 => is_wide_markup(bytes).then_some(Payload::Html),
        b'R' => bytes.starts_with(b"Rar!\x1a\x07").then_some(Payload::Archive),
        b'7' => bytes.starts_with(b"7z\xbc\xaf\x27\x1c").then_some(Payload::Archive),
        0xca..=0xfe => is_mac_program(bytes).then_some(Payload::MacProgram),
        b'%' if bytes.starts_with(b"%PDF-") && bytes.get(5)?.is_ascii_digit() => Some(Payload::Pdf),
        b'P' => is_zip_entry(bytes).then_some(Payload::Zip),
        b'M' => is_windows_program(bytes).then_some(Payload::WindowsProgram),
        0x7f => is_elf(bytes).then_some(Payload::UnixProgram),
        b'#' if bytes.starts_with(b"#EXTM3U") => Some(Payload::Playlist),
        b'#' if bytes.starts_with(b"#!/bin/") || bytes.starts_with(b"#!/usr/") => Some(Payload::UnixProgram),
        b'f' if bytes.starts_with(b"ffconcat version") => Some(Payload::Playlist),
        b'X' => (bytes.starts_with(EICAR[0]) && bytes.get(EICAR[0].len()..)?.starts_with(EICAR[1]))
            .then_some(Payload::TestVirus),
        _ => None,
    }
}

pub(super) fn starts_with_any_case(bytes: &[u8], lower: &[u8]) -> bool {
    bytes.get(..lower.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower))
}

/// A tag name ends where a tag name ends: `<header-image-7` is none.
fn starts_with_tag(bytes: &[u8], tag: &[u8]) -> bool {
    starts_with_any_case(bytes, tag)
        && bytes.get(tag.len()).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
}

/// PHP's short form: three bytes occur by chance, so the text must go on to the closing tag.
fn is_php_echo(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"<?=").is_some_and(|rest| {
        let end = rest.windows(2).take(500).position(|w| w == b"?>");
        end.and_then(|end| rest.get(..end))
            // Tables of JPEG are text by chance; without one of these nothing is called or shown.
            .is_some_and(|code| {
                let acts = code.iter().any(|b| matches!(b, b'$' | b'(' | b'`'));
                acts && code.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
            })
    })
}

/// A directive of JSP or ASP, or a whole scriptlet of printable text.
fn is_server_page(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"<%") else { return false };
    if let Some(directive) = rest.strip_prefix(b"@") {
        let directive = directive.trim_ascii_start();
        return [b"page".as_slice(), b"include", b"taglib", b"language", b"import"]
            .iter()
            .any(|word| starts_with_any_case(directive, word));
    }
    let end = rest.windows(2).take(2000).position(|w| w == b"%>");
    end.and_then(|end| rest.get(..end))
        .is_some_and(|code| code.len() >= 8 && code.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()))
}

/// A picture that does not exist, so that its handler runs.
fn is_event_handler(bytes: &[u8]) -> bool {
    const TAG_BYTES: usize = 256;
    let tag = bytes.get(..bytes.len().min(TAG_BYTES)).unwrap_or_default();
    starts_with_tag(bytes, b"<img")
        && tag.windows(9).any(|w| [b"onerror=".as_slice(), b" onload="].iter().any(|h| starts_with_any_case(w, h)))
}

/// A directive of server-side includes.
fn is_server_include(bytes: &[u8]) -> bool {
    let directive = bytes.strip_prefix(b"<!--#").unwrap_or_default();
    [b"exec".as_slice(), b"include", b"echo", b"config"].iter().any(|word| starts_with_any_case(directive, word))
}

/// An entity that stands for another file (XML 1.0, 4.2.2).
fn is_entity(bytes: &[u8]) -> bool {
    const DECLARATION_BYTES: usize = 200;
    let declaration =
        bytes.strip_prefix(b"<!ENTITY").map(|rest| rest.get(..rest.len().min(DECLARATION_BYTES)).unwrap_or_default());
    let declaration = declaration.and_then(|rest| rest.split(|&b| b == b'>').next());
    declaration.is_some_and(|rest| rest.windows(6).any(|w| w == b"SYSTEM" || w == b"PUBLIC"))
}

/// Markup in UTF-16, of either byte order, which browsers read as well.
fn is_wide_markup(bytes: &[u8]) -> bool {
    const LONGEST_TAG: usize = 16;
    let big = bytes.first() == Some(&0);
    if bytes.get(usize::from(big)) != Some(&b'<') || !big && bytes.get(1) != Some(&0) {
        return false;
    }
    let pairs = bytes.chunks_exact(2).take(LONGEST_TAG);
    let wide =
        pairs.map_while(|pair| if big { (pair[0] == 0).then_some(pair[1]) } else { (pair[1] == 0).then_some(pair[0]) });
    let narrow: Vec<u8> = wide.collect();
    MARKUP.iter().any(|tag| narrow.len() >= tag.len() && starts_with_tag(&narrow, tag))
}

/// Mach-O with a kind of file that exists, or a class of Java (JVMS, 4.1), whose magic number a file for several
/// processors shares.
fn is_mac_program(bytes: &[u8]) -> bool {
    let is_kind = |kind: Option<u32>| kind.is_some_and(|kind| (1..=12).contains(&kind));
    match bytes.get(..4) {
        Some(b"\xcf\xfa\xed\xfe" | b"\xce\xfa\xed\xfe") => is_kind(u32_le(bytes, 12)),
        Some(b"\xfe\xed\xfa\xcf" | b"\xfe\xed\xfa\xce") => is_kind(u32_be(bytes, 12)),
        Some(b"\xca\xfe\xba\xbe") => u32_be(bytes, 4).is_some_and(|v| (1..=16).contains(&v) || (45..=90).contains(&v)),
        _ => false,
    }
}

/// A local file header whose fields are ones that archivers write (PKWARE APPNOTE 4.3.7): four bytes alone occur by
/// chance.
fn is_zip_entry(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
        && u16_le(bytes, 4).is_some_and(|version| version <= 63)
        && u16_le(bytes, 8).is_some_and(|method| matches!(method, 0 | 8 | 9 | 12 | 14 | 93 | 95 | 98 | 99))
        && u16_le(bytes, 26).is_some_and(|name| (1..=1024).contains(&name))
}

/// `MZ`, and at the place that it names the header of one of its successors.
fn is_windows_program(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"MZ") {
        return false;
    }
    let header = u32_le(bytes, 0x3c).and_then(|at| bytes.get(usize::try_from(at).ok()?..));
    header.is_some_and(|h| h.starts_with(b"PE\0\0"))
        || bytes.get(..0x400).unwrap_or(bytes).windows(21).any(|w| w == b"This program cannot b")
}

/// `ELF` with a class, a byte order and a version that exist.
fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF") && matches!(bytes.get(4..7), Some([1 | 2, 1 | 2, 1]))
}

/// Where the directory of a ZIP archive ends, for an archive that a reader would find from the end of the file.
/// `tail` are the file's last bytes and `len` is its size.
pub(super) fn zip_directory_end(tail: &[u8], len: u64) -> Option<u64> {
    let start = len.checked_sub(tail.len() as u64)?;
    let mut searched = tail;
    while let Some(at) = memmem::rfind(searched, b"PK\x05\x06") {
        if tail.get(at..).is_some_and(|record| is_zip_end(record, start + at as u64)) {
            return Some(start + at as u64);
        }
        searched = searched.get(..at + 3)?;
    }
    None
}

/// Whether the end record of a directory that stands at `here` describes one that could be in front of it.
fn is_zip_end(record: &[u8], here: u64) -> bool {
    let (Some(entries), Some(size), Some(offset)) = (u16_le(record, 10), u32_le(record, 12), u32_le(record, 16)) else {
        return false;
    };
    let comment_fits = u16_le(record, 20).is_some_and(|comment| usize::from(comment) <= record.len() - 22);
    // Prepended media shifts the offsets; readers tolerate that, so only the sizes must fit.
    let fits = u64::from(size) <= here && u64::from(offset) <= here;
    // An entry of a directory has 46 bytes and a name.
    fits && comment_fits && entries > 0 && u64::from(size) >= 46 * u64::from(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_is_found_behind_other_bytes() {
        let zip = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.txt";
        let eicar = EICAR.concat();
        let cases: [(&[u8], Payload); 18] = [
            (b"<!ENTITY x SYSTEM 'file:///etc/passwd'>", Payload::Entity),
            (b"<img src=x onerror=alert(1)>", Payload::Html),
            (b"<!--#exec cmd='id' -->", Payload::ServerPage),
            (b"__HALT_COMPILER();", Payload::Php),
            (b"Rar!\x1a\x07\x01\0", Payload::Archive),
            (b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0", Payload::MacProgram),
            (b"\xca\xfe\xba\xbe\0\0\0\x34\0\x0f\x0a\0\x03\0\0\0", Payload::MacProgram),
            (b"<%@ page import=\"java.io.*\" %>", Payload::ServerPage),
            (b"<% Runtime.getRuntime() %>", Payload::ServerPage),
            (b"<\0h\0t\0m\0l\0>\0", Payload::Html),
            (b"<Script >", Payload::Html),
            (b"<?PHP echo", Payload::Php),
            (b"<?= system($x) ?>", Payload::Php),
            (b"%PDF-1.7", Payload::Pdf),
            (b"\x7fELF\x02\x01\x01", Payload::UnixProgram),
            (b"#EXTM3U\n", Payload::Playlist),
            (zip, Payload::Zip),
            (&eicar, Payload::TestVirus),
        ];
        for (bytes, what) in cases {
            let all = [b"\0\0PMX<#".as_slice(), bytes].concat();
            assert_eq!(find(&all), Some((7, what)), "{what:?}");
        }
    }

    #[test]
    fn a_program_is_known_by_its_second_header() {
        let mut program = vec![0u8; 0x100];
        program[..2].copy_from_slice(b"MZ");
        assert_eq!(at_start(&program), None);
        program[0x3c] = 0x80;
        program[0x80..0x84].copy_from_slice(b"PE\0\0");
        assert_eq!(at_start(&program), Some(Payload::WindowsProgram));
    }

    #[test]
    fn look_alikes_are_left_alone() {
        for text in [
            "<?=\u{1}?>",
            "<?= x",
            "#!/x",
            "<headline>",
            "PK\x03\x04zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "MZ is a name",
            "%PDFx",
            "a < b",
            "<?xpacket",
            "<% of all",
            "<?=>?@ABCDEF?>",
            "<!ENTITY x 'y'>",
            "<img src=x>",
            "<!-- # -->",
            "<%@\u{1}",
            "Rare",
            "<\0x\0m\0l\0",
        ] {
            assert_eq!(find(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_archive_is_found_from_the_end_with_a_comment_behind_it() {
        let mut record = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x10\0\0\0\x05\0hello".to_vec();
        let tail = [vec![7; 50], record.clone()].concat();
        assert_eq!(zip_directory_end(&tail, 1077), Some(1050));
        record[10] = 0;
        assert_eq!(zip_directory_end(&[vec![7; 50], record].concat(), 1077), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_searched_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            find(&bytes);
            zip_directory_end(&bytes, bytes.len() as u64);
        }
    }
}
