//! Names of uploads: what is dangerous in one, whether it fits the content, and a safe one instead.

use super::code::Code;
use super::findings::Findings;
use super::kind::FileKind;
use super::policy::UploadPolicy;

/// Names that Windows takes for devices, whatever follows the first dot.
const WINDOWS_DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Endings that a web server may run or show as a page. Apache runs `clip.php.x.mp4` where a handler is bound to
/// `.php`, so they count anywhere in a name.
const PAGE_EXTENSIONS: [&str; 25] = [
    "php", "php3", "php4", "php5", "php7", "php8", "phps", "pht", "phtml", "phar", "asp", "aspx", "ashx", "asmx",
    "jsp", "jspx", "cgi", "pl", "shtml", "html", "htm", "xhtml", "svg", "hta", "htaccess",
];

/// Endings that an operating system may run: they count where a name ends, or would if it lost what it ends with.
const PROGRAM_EXTENSIONS: [&str; 24] = [
    "exe", "scr", "bat", "cmd", "msi", "dll", "vbs", "vbe", "ps1", "jar", "war", "sh", "so", "lnk", "reg", "swf",
    "com", "pif", "cpl", "wsf", "jse", "apk", "app", "dmg",
];

/// Endings of further programs that nobody attaches to a video.
const SCRIPT_EXTENSIONS: [&str; 14] =
    ["js", "mjs", "py", "rb", "lua", "deb", "rpm", "docm", "xlsm", "pptm", "iso", "command", "desktop", "scpt"];

/// Longest stem of a safe name, in characters: leaves room for whatever a host puts before and behind.
const MAX_SAFE_STEM: usize = 100;

/// Adds a finding for everything that is wrong with the name in the policy.
pub(super) fn check(policy: &UploadPolicy, findings: &mut Findings) {
    let Some(name) = policy.file_name.as_deref() else { return };
    if name.len() > policy.max_file_name_bytes {
        findings.add(
            Code::BadFileName,
            None,
            format!("{} bytes long; {} are allowed", name.len(), policy.max_file_name_bytes),
        );
    }
    // Servers and proxies decode once more than one thinks.
    let decoded = percent_decoded(name);
    let twice = decoded.as_deref().and_then(percent_decoded);
    let problem = [Some(name), decoded.as_deref(), twice.as_deref()].into_iter().flatten().find_map(problem);
    if let Some(problem) = problem {
        findings.add(Code::BadFileName, None, format!("{problem}: {name:?}"));
    } else if name.chars().any(is_odd) {
        findings.add(Code::OddFileName, None, format!("{name:?}"));
    }
}

/// Compares the name's ending and the declared media type with the content.
pub(super) fn check_content(policy: &UploadPolicy, kind: FileKind, findings: &mut Findings) {
    let (own, sister) = kind.extensions();
    if let Some(extension) = policy.file_name.as_deref().and_then(extension) {
        let extension = extension.to_ascii_lowercase();
        if !own.contains(&extension.as_str()) {
            let message = format!("named .{extension} but is {}", kind.container());
            let family = sister.contains(&extension.as_str());
            findings.add(if family { Code::ExtensionFamily } else { Code::WrongExtension }, None, message);
        }
    }
    let declared = policy.declared_mime.as_deref().and_then(|mime| mime.split(';').next()).unwrap_or_default();
    if !fits_mime(declared.trim(), kind) {
        findings.add(Code::WrongMime, None, format!("declared as {declared:?} but is {}", kind.container()));
    }
}

fn fits_mime(declared: &str, kind: FileKind) -> bool {
    let declared = declared.to_ascii_lowercase();
    let Some((family, name)) = declared.split_once('/') else { return declared.is_empty() };
    if matches!(declared.as_str(), "application/octet-stream" | "binary/octet-stream") {
        return true;
    }
    let (own, sister) = kind.extensions();
    let name = name.strip_prefix("x-").unwrap_or(name);
    let names: &[&str] = match kind {
        FileKind::Matroska | FileKind::Webm => &["matroska", "webm", "mkv"],
        FileKind::MpegTs => &["mp2t", "mpeg-ts", "mpegts", "vnd.dlna.mpeg-tts"],
        FileKind::Avi => &["vnd.avi", "msvideo", "avi"],
        FileKind::Mp3 => &["mpeg", "mpeg3", "mp3"],
        FileKind::Ogg => &["ogg", "opus", "vorbis", "theora"],
        FileKind::Wav => &["wav", "wave", "vnd.wave", "pn-wav"],
        FileKind::Avif | FileKind::Heif => &["avif", "heif", "heic"],
        FileKind::Png => &["png", "apng", "vnd.mozilla.apng"],
        _ if kind.is_iso() => &["mp4", "quicktime", "m4v", "m4a", "3gpp", "3gpp2", "aac", "mpeg4"],
        _ => &[],
    };
    let is_image = family == "image";
    is_image == kind.is_image() && (names.contains(&name) || own.contains(&name) || sister.contains(&name))
}

/// What follows the last dot, where that looks like an ending.
fn extension(name: &str) -> Option<&str> {
    let base = name.rsplit(['/', '\\', '\0']).next().unwrap_or(name);
    base.rsplit_once('.').map(|(_, extension)| extension).filter(|e| !e.is_empty() && e.len() <= 16)
}

/// The first dangerous thing in a name.
fn problem(name: &str) -> Option<&'static str> {
    let trimmed = name.trim();
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = base.split('.').next().unwrap_or_default().trim().to_lowercase();
    Some(match name {
        _ if trimmed.is_empty() || matches!(trimmed, "." | "..") => "no name",
        _ if name.contains('\0') => "zero byte",
        _ if name.chars().any(|c| matches!(c, '/' | '\\' | '\u{ff0f}' | '\u{ff3c}' | '\u{2215}' | '\u{29f8}')) => {
            "path separator"
        }
        _ if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) => "control character",
        _ if name.chars().any(is_tag) && !name.contains('\u{1f3f4}') => "invisible character",
        _ if name.chars().any(is_bidi_control) => "character that turns the writing direction",
        _ if name.contains("::") || name.contains(":$") => "name of an alternate data stream",
        _ if name.matches('`').count() > 1 || name.contains("$(") || name.contains("${") || name.contains('|') => {
            "shell command"
        }
        _ if name.contains('<') || name.contains('>') => "markup",
        _ if name.starts_with('.') => "leading dot",
        _ if name.starts_with('-') => "leading hyphen",
        _ if name.ends_with('.') || name.ends_with(char::is_whitespace) => "trailing dot or space",
        _ if is_windows_device(&stem) => "device name of Windows",
        _ if is_active(base) => "ending of a program or page",
        _ => return None,
    })
}

/// Whether the name has the ending of a program or a page.
pub(super) fn is_active(name: &str) -> bool {
    // A colon ends a name where streams of files have names of their own.
    name.to_lowercase().split(':').any(|name| {
        let parts: Vec<&str> = name.split('.').skip(1).map(str::trim).collect();
        let last = parts.len().saturating_sub(2);
        // `www.example.com.mp4` is a name that people give.
        let is_program = |part: &&str| PROGRAM_EXTENSIONS.contains(part) && (*part != "com" || name.ends_with(".com"));
        parts.iter().any(|part| PAGE_EXTENSIONS.contains(part)) || parts.iter().skip(last).any(is_program)
    })
}

/// Whether a file of that name, inside another file, is a program, a script or a page.
pub(super) fn is_active_inside(name: &str) -> bool {
    let lower = name.to_lowercase();
    is_active(name) || lower.rsplit('.').next().is_some_and(|last| SCRIPT_EXTENSIONS.contains(&last))
}

/// Characters that are part of flags, and otherwise seen by nobody (Unicode, Tags).
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

fn is_windows_device(stem: &str) -> bool {
    let numbered = |kind: &str| {
        stem.strip_prefix(kind).is_some_and(|n| {
            let mut chars = n.chars();
            matches!((chars.next(), chars.next()), (Some('1'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'), None))
        })
    };
    WINDOWS_DEVICES.contains(&stem) || numbered("com") || numbered("lpt")
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Invisible, or not taken by Windows.
fn is_odd(c: char) -> bool {
    matches!(
        c,
        '"' | ':' | '*' | '?' | ';' | '\u{200b}'
            ..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}' | '\u{2044}' | '\u{fffd}'
    )
}

/// The name with `%41` read as `A`; `None` where nothing changes. Only an escape that hides something matters: a
/// percent sign of its own is fine in a name.
fn percent_decoded(name: &str) -> Option<String> {
    let hex = |b: u8| (b as char).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let bytes = name.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&b) = bytes.get(at) {
        let pair = || Some(hex(*bytes.get(at + 1)?)? * 16 + hex(*bytes.get(at + 2)?)?);
        match (b == b'%').then(pair).flatten() {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(b);
                at += 1;
            }
        }
    }
    let out = String::from_utf8_lossy(&out).into_owned();
    (out != name).then_some(out)
}

/// A name with letters, digits, `-` and `_` only, of at most 100 characters, and that ending. The same name again where
/// it is safe already.
pub(super) fn safe_name(name: &str, extension: &str) -> String {
    let base = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let mut safe = String::new();
    for c in stem.chars().take(MAX_SAFE_STEM) {
        let c = if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
        if !(c == '_' && safe.ends_with('_')) {
            safe.push(c);
        }
    }
    let safe = safe.trim_matches(['-', '_']);
    match safe {
        "" => format!("upload.{extension}"),
        _ if is_windows_device(&safe.to_lowercase()) => format!("upload_{safe}.{extension}"),
        _ => format!("{safe}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_bad(name: &str) -> bool {
        let mut findings = Findings::default();
        check(&UploadPolicy::video().with_file_name(name), &mut findings);
        findings.has(Code::BadFileName)
    }

    #[test]
    fn names_that_could_do_harm_are_refused() {
        for name in [
            "",
            "..",
            "a/b.mp4",
            "..\\a.mp4",
            "a\0.mp4",
            "a\n.mp4",
            "a\u{202e}4pm.exe",
            ".htaccess",
            "-i.mp4",
            "con.mp4",
            "LPT1.tar.mp4",
            "clip.php.mp4",
            "clip.mp4.exe",
            "a%00.mp4",
            "..%2f..%2fx.mp4",
            "%2e%2e%2fx.mp4",
            "a.mp4.",
            "a.mp4 ",
            "a.mp4::$DATA",
            "$(id).mp4",
            "<img src=x>.mp4",
            "a\u{ff0f}b.mp4",
            "clip.exe.mp4",
            "x.exe:clip.mp4",
            "%252e%252e%252fx.mp4",
            "a\u{2028}b.mp4",
            "a\u{e0041}.mp4",
            "a.php.b.mp4",
            "a`id`.mp4",
        ] {
            assert!(is_bad(name), "{name:?}");
        }
        assert!(is_bad(&"a".repeat(300)));
    }

    #[test]
    fn names_that_people_give_are_taken() {
        for name in [
            "IMG_0001.MOV",
            "Tom & Jerry (1).mp4",
            "Übung 3 – über Bücher.mp4",
            "動画.mp4",
            "100% fun.mp4",
            "node.js talk.mp4",
            "www.example.com.mp4",
            "Screen Recording 2024-01-01 at 10.00.00.mov",
            "it's a \u{1f600}.mp4",
            "noextension",
            "v1.2.3.mp4",
            "comic.mp4",
            "console.mp4",
            "50%ed.mp4",
            "my.exe.review.mp4",
            "a`b.mp4",
            "England \u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}.mp4",
        ] {
            assert!(!is_bad(name), "{name:?}");
        }
    }

    #[test]
    fn the_ending_must_fit_the_content() {
        let codes = |name: &str, mime: &str, kind| {
            let mut findings = Findings::default();
            let policy = UploadPolicy::video().with_file_name(name).with_declared_mime(mime);
            check_content(&policy, kind, &mut findings);
            (findings.has(Code::WrongExtension), findings.has(Code::ExtensionFamily), findings.has(Code::WrongMime))
        };
        assert_eq!(codes("a.MP4", "video/mp4", FileKind::Mp4), (false, false, false));
        assert_eq!(codes("a.mp4", "video/quicktime; x=y", FileKind::Mov), (false, true, false));
        assert_eq!(codes("a.mp4", "image/png", FileKind::Matroska), (true, false, true));
        assert_eq!(codes("a", "application/octet-stream", FileKind::Matroska), (false, false, false));
    }

    proptest! {
        #[test]
        fn a_safe_name_is_safe_and_stays_as_it_is(name in any::<String>()) {
            let safe = safe_name(&name, "mp4");
            prop_assert!(!is_bad(&safe), "{safe:?}");
            prop_assert_eq!(safe_name(&safe, "mp4"), safe);
        }
    }
}
