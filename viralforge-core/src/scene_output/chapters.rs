//! Scenes as chapters: WebVTT for players, ffmetadata for the ffmpeg program.

use std::fmt::Write as _;

use super::format::WriteScenesOptions;
use super::shot::Shot;
use super::template::Template;
use super::timeline::printable;
use crate::error::Result;
use crate::thumbnail::clock;
use crate::time::Timestamp;

/// A second in units for ffmetadata where no smaller number has every time in whole units.
const NANOSECONDS: u32 = 1_000_000_000;

/// One chapter.
struct Chapter {
    start: Timestamp,
    end: Timestamp,
    title: String,
}

fn chapters(shots: &[Shot<'_>], options: &WriteScenesOptions) -> Result<Vec<Chapter>> {
    let template = Template::parse("chapter_title", &options.chapter_title, &["start", "end", "begins"])?;
    let chapter = |shot: &Shot<'_>| {
        // Players know no time before zero.
        let (start, end) = (shot.range.start().max(Timestamp::ZERO), shot.range.end().max(Timestamp::ZERO));
        let title = template.fill(shot.number, |word| match word {
            "start" => start.to_string(),
            "end" => end.to_string(),
            _ => shot.beginning().to_owned(),
        });
        Chapter { start, end, title: printable(&title) }
    };
    Ok(shots.iter().map(chapter).collect())
}

/// A WebVTT track with a cue a scene. Scenes that last less than a millisecond have none: a cue must not be empty.
pub(super) fn web_vtt(shots: &[Shot<'_>], options: &WriteScenesOptions) -> Result<String> {
    let mut out = "WEBVTT\n".to_owned();
    for chapter in chapters(shots, options)? {
        let (start, end) = (clock(chapter.start), clock(chapter.end));
        if start != end {
            let title = chapter.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            // Writing to a string cannot fail.
            let _ = write!(out, "\n{start} --> {end}\n{title}\n");
        }
    }
    Ok(out)
}

/// Chapters as ffmpeg reads them, in a time base that has every time exactly where there is one.
pub(super) fn ffmetadata(shots: &[Shot<'_>], options: &WriteScenesOptions) -> Result<String> {
    let chapters = chapters(shots, options)?;
    let times = chapters.iter().flat_map(|chapter| [chapter.start, chapter.end]);
    let base = times.map(Timestamp::den).try_fold(1, least_common_multiple).unwrap_or(NANOSECONDS);
    let mut out = ";FFMETADATA1\n".to_owned();
    if let Some(title) = &options.title {
        let _ = writeln!(out, "title={}", escaped(&printable(title)));
    }
    for chapter in chapters.iter().filter(|chapter| chapter.start < chapter.end) {
        let [start, end] = [chapter.start, chapter.end].map(|time| time.to_units(1, base));
        let title = escaped(&chapter.title);
        let _ = write!(out, "[CHAPTER]\nTIMEBASE=1/{base}\nSTART={start}\nEND={end}\ntitle={title}\n");
    }
    Ok(out)
}

/// `None` where it does not fit into FFmpeg's 31 bits.
fn least_common_multiple(a: u32, b: u32) -> Option<u32> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).checked_mul(b).filter(|multiple| i32::try_from(*multiple).is_ok())
}

/// What ffmetadata has a meaning for gets a backslash.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '=' | ';' | '#' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::shot::{shots, tests::report};
    use super::*;
    use crate::Transcript;
    use crate::scene::BoundaryKind;
    use proptest::prelude::*;

    #[test]
    fn ffmetadata_has_exact_times_and_escaped_titles() {
        let report = report((30000, 1001), &[(BoundaryKind::Cut, 50)], 100);
        let options = WriteScenesOptions::default().with_title("a=b").with_chapter_title("{{#{number:02}; {begins}}}");
        let expected = ";FFMETADATA1\ntitle=a\\=b\n\
            [CHAPTER]\nTIMEBASE=1/600\nSTART=0\nEND=1001\ntitle={\\#01\\; start}\n\
            [CHAPTER]\nTIMEBASE=1/600\nSTART=1001\nEND=2002\ntitle={\\#02\\; cut}\n";
        assert_eq!(ffmetadata(&shots(&report).unwrap(), &options).unwrap(), expected);
    }

    #[test]
    fn times_that_share_no_small_base_are_nanoseconds() {
        assert_eq!(least_common_multiple(90_000, 48_000), Some(720_000));
        assert_eq!(least_common_multiple(1_000_003, 999_983), None);
    }

    #[test]
    fn a_wrong_word_in_the_title_is_named() {
        let options = WriteScenesOptions::default().with_chapter_title("{title}");
        assert_eq!(web_vtt(&[], &options).unwrap_err().code(), "invalid_option");
    }

    proptest! {
        #[test]
        fn any_title_is_one_line_of_one_cue(title in "[^{}]{1,40}") {
            let report = report((25, 1), &[(BoundaryKind::Cut, 50)], 100);
            let options = WriteScenesOptions::default().with_chapter_title(&*format!("x{title}x"));
            let track = web_vtt(&shots(&report).unwrap(), &options).unwrap();
            let cues = Transcript::parse(&track).unwrap().cues;
            prop_assert_eq!(cues.len(), 2, "{}", track);
            prop_assert_eq!((cues[0].range.start(), cues[0].range.end()), (Timestamp::ZERO, Timestamp::new(2, 1)));
            let lines = ffmetadata(&shots(&report).unwrap(), &options).unwrap().lines().count();
            prop_assert_eq!(lines, 1 + 2 * 5);
        }
    }
}
