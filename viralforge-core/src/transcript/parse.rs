//! SubRip and WebVTT: blocks separated by blank lines, each with a line of times and then text.

use super::{Cue, text};
use crate::error::{Error, Result};
use crate::time::{TimeRange, Timestamp};

/// A day of speech is about a megabyte; beyond this it is no transcript.
const MAX_BYTES: usize = 16 << 20;
const MAX_CUES: usize = 200_000;
/// Longest text of one cue in bytes: several screens full.
const MAX_CUE_BYTES: usize = 16 << 10;
const ARROW: &str = "-->";

pub(super) fn parse(text: &str) -> Result<Vec<Cue>> {
    if text.len() > MAX_BYTES {
        return Err(malformed(format!("has {} bytes; at most {MAX_BYTES} are allowed", text.len())));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_vtt =
        text.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
    let mut cues: Vec<Cue> = Vec::new();
    for block in Blocks::of(text).skip(usize::from(is_vtt)) {
        match block.timing_line() {
            Some(at) => {
                let (line, timing) = block.lines[at];
                let range = times(timing).map_err(|problem| malformed(format!("line {line}: {problem}")))?;
                if cues.len() == MAX_CUES {
                    return Err(malformed(format!("line {line}: has more than {MAX_CUES} cues")));
                }
                cues.push(Cue { range, text: String::new() });
                append(&mut cues, &block.lines[at + 1..])?;
            }
            // Notes, style sheets and regions.
            None if is_vtt => {}
            // SubRip has no escape for a blank line, so writers just write one into the text.
            None if !cues.is_empty() => append(&mut cues, &block.lines)?,
            None => {
                let line = block.lines.first().map_or(1, |l| l.0);
                return Err(malformed(format!("line {line}: expected times such as 00:00:01,000 --> 00:00:02,500")));
            }
        }
    }
    if cues.is_empty() {
        return Err(malformed("has no cues".into()));
    }
    for cue in &mut cues {
        cue.text = text::plain(&cue.text);
    }
    Ok(cues)
}

fn malformed(problem: String) -> Error {
    Error::malformed("transcript", problem)
}

fn append(cues: &mut [Cue], lines: &[(usize, &str)]) -> Result<()> {
    let Some(cue) = cues.last_mut() else { return Ok(()) };
    for (number, line) in lines {
        if cue.text.len() + line.len() > MAX_CUE_BYTES {
            return Err(malformed(format!("line {number}: the text of one cue is over {MAX_CUE_BYTES} bytes")));
        }
        if !cue.text.is_empty() {
            cue.text.push('\n');
        }
        cue.text.push_str(line);
    }
    Ok(())
}

/// Lines without a blank one between them, with their numbers from 1.
struct Block<'a> {
    lines: Vec<(usize, &'a str)>,
}

impl Block<'_> {
    /// The times stand first or after a number or name; an arrow further down belongs to the text.
    fn timing_line(&self) -> Option<usize> {
        self.lines.iter().take(2).position(|(_, line)| line.contains(ARROW))
    }
}

struct Blocks<'a, I: Iterator<Item = (usize, &'a str)>>(I);

impl<'a> Blocks<'a, std::iter::Empty<(usize, &'a str)>> {
    fn of(text: &'a str) -> impl Iterator<Item = Block<'a>> {
        // Line ends are \n, \r\n or, from old Macs and in WebVTT, \r.
        let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
        Blocks(lines.enumerate().map(|(i, line)| (i + 1, line)))
    }
}

impl<'a, I: Iterator<Item = (usize, &'a str)>> Iterator for Blocks<'a, I> {
    type Item = Block<'a>;
    fn next(&mut self) -> Option<Block<'a>> {
        let first = self.0.by_ref().find(|(_, line)| !line.trim().is_empty())?;
        let rest = self.0.by_ref().take_while(|(_, line)| !line.trim().is_empty());
        Some(Block { lines: std::iter::once(first).chain(rest).collect() })
    }
}

/// `start --> end`, then settings that say where the text stands.
fn times(line: &str) -> Result<TimeRange, String> {
    let (start, rest) = line.split_once(ARROW).unwrap_or((line, ""));
    let end = rest.split_whitespace().next().unwrap_or("");
    let (start, end) = (moment(start.trim())?, moment(end)?);
    TimeRange::new(start, end).ok_or_else(|| format!("the end {end} lies before the start {start}"))
}

/// `[h:]mm:ss[.mmm]`, with a comma in SubRip.
fn moment(text: &str) -> Result<Timestamp, String> {
    read_moment(text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("{shown:?} is not a time such as 00:00:01,000")
    })
}

fn read_moment(text: &str) -> Option<Timestamp> {
    let (clock, fraction) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let mut parts = clock.rsplit(':');
    let seconds = number(parts.next()?, 2).filter(|s| *s < 60)?;
    let minutes = number(parts.next()?, 2).filter(|m| *m < 60)?;
    let hours = parts.next().map_or(Some(0), |h| number(h, 5))?;
    if parts.next().is_some() {
        return None;
    }
    let digits = fraction.len() as u32;
    let millis = number(fraction, 3)? * 10_i64.pow(3 - digits);
    Some(Timestamp::from_millis(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis))
}

/// A number of 1 to `max_digits` digits and nothing else.
fn number(text: &str, max_digits: usize) -> Option<i64> {
    let plain = (1..=max_digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Transcript;
    use proptest::prelude::*;

    fn range(start_ms: i64, end_ms: i64) -> TimeRange {
        TimeRange::new(Timestamp::from_millis(start_ms), Timestamp::from_millis(end_ms)).unwrap()
    }

    fn problem(text: &str) -> String {
        let error = Transcript::parse(text).unwrap_err();
        assert_eq!(error.code(), "malformed");
        error.to_string()
    }

    #[test]
    fn subrip_as_it_is_found_in_the_wild_is_read() {
        let text = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500 X1:40 Y1:10\r\n<i>One</i>\r\n{\\an8}two\r\n\r\n\
                    2\r\n00:00:03,5 --> 1:00:04,000\r\nA -> B\r\n\r\nstill cue two\r\n";
        let cues = parse(text).unwrap();
        assert_eq!(cues[0], Cue { range: range(1000, 2500), text: "One\ntwo".into() });
        assert_eq!(cues[1], Cue { range: range(3500, 3_604_000), text: "A -> B\nstill cue two".into() });
    }

    #[test]
    fn webvtt_with_names_notes_styles_and_settings_is_read() {
        let text = "WEBVTT - a talk\nKind: captions\n\nNOTE\nnot a cue\n\nSTYLE\n::cue { color: red }\n\n\
                    intro\n00:01.000 --> 00:02.000 align:start\n<v Ann>Hi &amp; bye</v>\n\n00:03.000 --> 00:04.000\n";
        let cues = parse(text).unwrap();
        assert_eq!(cues[0], Cue { range: range(1000, 2000), text: "Hi & bye".into() });
        assert_eq!(cues[1], Cue { range: range(3000, 4000), text: String::new() });
        assert_eq!(cues.len(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        assert_eq!(problem(""), "transcript: has no cues");
        assert_eq!(problem("WEBVTT\n"), "transcript: has no cues");
        assert!(problem("\n\nhello\n").starts_with("transcript: line 3: expected times"));
        assert!(problem("1\n00:00:61,000 --> 00:01:02,000\nx").contains("line 2: \"00:00:61,000\" is not a time"));
        assert!(
            problem("1\n00:00:03,000 --> 00:00:02,000\nx").contains("the end 0:02.000 lies before the start 0:03.000")
        );
        assert!(problem("1\n00:00:03,000 -->\nx").contains("\"\" is not a time"));
        assert!(problem("1\n-00:00:03,000 --> 00:00:04,000\nx").contains("is not a time"));
    }

    #[test]
    fn a_file_that_is_far_too_large_is_refused() {
        assert!(problem(&"x".repeat(MAX_BYTES + 1)).contains("bytes; at most"));
        assert!(
            problem(&format!("1\n00:00:01,000 --> 00:00:02,000\n{}", "x".repeat(MAX_CUE_BYTES + 1))).contains("line 3")
        );
    }

    #[test]
    fn cues_are_put_in_order_of_time_and_their_words_are_counted() {
        let text = "2\n00:00:10,000 --> 00:00:12,000\nthree more words\n\n1\n00:00:01,000 --> 00:00:03,000\none two\n";
        let transcript = Transcript::parse(text).unwrap();
        assert_eq!(transcript.cues[0].text, "one two");
        assert_eq!(transcript.words_in(range(0, 11_000)), 2.0 + 1.5);
        assert!(transcript.interrupts(Timestamp::from_millis(2000)));
        assert!(!transcript.interrupts(Timestamp::from_millis(3000)));
        assert!(!transcript.interrupts(Timestamp::from_millis(10_000)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "(WEBVTT|1)?(\n|\r|-->|[0-9:,. ]|<|&|[a-z]|\\PC){0,60}") {
            if let Ok(transcript) = Transcript::parse(&text) {
                prop_assert!(transcript.cues.windows(2).all(|c| c[0].range.start() <= c[1].range.start()));
            }
        }

        #[test]
        fn every_time_is_read_exactly(ms in 0i64..300_000_000, length in 0i64..100_000) {
            let show = |t: i64| format!("{:02}:{:02}:{:02},{:03}", t / 3_600_000, t / 60_000 % 60, t / 1000 % 60, t % 1000);
            let cues = parse(&format!("7\n{} --> {}\nx\n", show(ms), show(ms + length))).unwrap();
            prop_assert_eq!(cues[0].range, range(ms, ms + length));
        }
    }
}
