//! CMX 3600 edit decision lists.
//!
//! After "CMX 3600 EDL" as the programs of today read it: a line an event, with event number, reel, channel, kind of
//! edit, source in and out, record in and out; comments begin with a star.

use std::fmt::Write as _;

use super::timeline::{Clip, Timeline, Transition};
use crate::scene::BoundaryKind;

/// Most characters of a title.
const MAX_TITLE_CHARS: usize = 70;
/// Characters of a reel.
const REEL_CHARS: usize = 8;
/// Most frames of a transition that the format has room for.
const MAX_TRANSITION_FRAMES: u64 = 255;

/// The timeline as an edit decision list.
pub(super) fn edl(timeline: &Timeline<'_>) -> String {
    let title: String = timeline.title.chars().take(MAX_TITLE_CHARS).collect();
    let counting = if timeline.base.drop_frame { "DROP FRAME" } else { "NON-DROP FRAME" };
    let mut out = format!("TITLE: {title}\nFCM: {counting}\n");
    let reel = reel(&timeline.media_name);
    let name = &timeline.media_name;
    for (i, clip) in timeline.clips.iter().enumerate() {
        let dissolve = dissolve(clip);
        // The scene before a dissolve is an event until the dissolve begins, and so begins this one.
        let start = dissolve.map_or(clip.start, |t| t.start);
        let end = timeline.clips.get(i + 1).and_then(dissolve_start).unwrap_or(clip.end);
        let event = |out: &mut String, edit: &str, start: u64, end: u64| {
            let [from, to] = [start, end].map(|frame| timeline.base.timecode(frame + timeline.media_start));
            // In place: record times are source times. Writing to a string cannot fail.
            let _ = writeln!(out, "{:03}  {reel:<REEL_CHARS$} V     {edit:<9}{from} {to} {from} {to}", i + 1);
        };
        out.push('\n');
        if let Some(t) = dissolve {
            event(&mut out, "C", start, start);
            event(&mut out, &format!("D    {:03}", t.end - t.start), start, end);
            let _ = writeln!(out, "* FROM CLIP NAME: {name}\n* TO CLIP NAME: {name}");
        } else {
            event(&mut out, "C", start, end);
            let _ = writeln!(out, "* FROM CLIP NAME: {name}");
            if let Some(boundary) = clip.shot.begins.filter(|b| b.kind != BoundaryKind::Cut) {
                let [from, to] = [boundary.range.start(), boundary.range.end()]
                    .map(|time| timeline.base.timecode(timeline.base.frame(time) + timeline.media_start));
                let _ = writeln!(out, "* BEGINS WITH {} {from} {to}", boundary.kind.name().to_ascii_uppercase());
            }
        }
    }
    out
}

fn dissolve(clip: &Clip<'_>) -> Option<Transition> {
    clip.transition.filter(|t| t.kind == BoundaryKind::Dissolve && t.end - t.start <= MAX_TRANSITION_FRAMES)
}

fn dissolve_start(clip: &Clip<'_>) -> Option<u64> {
    dissolve(clip).map(|t| t.start)
}

/// What the media's name leaves for the name of a reel; `AX` is the one that stands for none.
fn reel(media_name: &str) -> String {
    let stem = media_name.rsplit_once('.').map_or(media_name, |(stem, _)| stem);
    let reel: String =
        stem.chars().filter(char::is_ascii_alphanumeric).take(REEL_CHARS).map(|c| c.to_ascii_uppercase()).collect();
    if reel.is_empty() { "AX".to_owned() } else { reel }
}

#[cfg(test)]
mod tests {
    use super::super::format::WriteScenesOptions;
    use super::super::shot::tests::report;
    use super::super::timeline::timebase;
    use super::*;

    fn written(report: &crate::SceneReport, options: &WriteScenesOptions) -> String {
        let base = timebase(report, options).unwrap().of_timecode();
        edl(&Timeline::new(report, base, options).unwrap())
    }

    #[test]
    fn cuts_and_dissolves_are_events_in_place_and_others_comments() {
        let begin = [(BoundaryKind::Cut, 50), (BoundaryKind::Dissolve, 100), (BoundaryKind::Fade, 150)];
        let options = WriteScenesOptions::default()
            .with_media_name("my trailer (1).mp4")
            .with_title("A\nB: TITLE")
            .with_start_timecode_frames(90_000);
        let expected = "\
TITLE: A B: TITLE
FCM: NON-DROP FRAME

001  MYTRAILE V     C        01:00:00:00 01:00:02:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: my trailer (1).mp4

002  MYTRAILE V     C        01:00:02:00 01:00:03:20 01:00:02:00 01:00:03:20
* FROM CLIP NAME: my trailer (1).mp4

003  MYTRAILE V     C        01:00:03:20 01:00:03:20 01:00:03:20 01:00:03:20
003  MYTRAILE V     D    010 01:00:03:20 01:00:06:00 01:00:03:20 01:00:06:00
* FROM CLIP NAME: my trailer (1).mp4
* TO CLIP NAME: my trailer (1).mp4

004  MYTRAILE V     C        01:00:06:00 01:00:08:00 01:00:06:00 01:00:08:00
* FROM CLIP NAME: my trailer (1).mp4
* BEGINS WITH FADE 01:00:05:20 01:00:06:05
";
        assert_eq!(written(&report((25, 1), &begin, 200), &options), expected);
    }

    #[test]
    fn drop_frame_is_said_and_used() {
        let text = written(&report((30000, 1001), &[(BoundaryKind::Cut, 1800)], 3600), &WriteScenesOptions::default());
        assert!(text.contains("\nFCM: DROP FRAME\n"), "{text}");
        assert!(text.contains("C        00:01:00;02 00:02:00;04 00:01:00;02 00:02:00;04"), "{text}");
    }

    #[test]
    fn dissolves_without_room_between_them_are_cuts() {
        let begin = [(BoundaryKind::Dissolve, 8), (BoundaryKind::Dissolve, 16), (BoundaryKind::Dissolve, 40)];
        let text = written(&report((25, 1), &begin, 80), &WriteScenesOptions::default());
        assert_eq!(text.matches(" D    010 ").count(), 2, "{text}");
        assert_eq!(text.matches("* BEGINS WITH DISSOLVE").count(), 1, "{text}");
    }

    #[test]
    fn a_name_without_letters_is_the_auxiliary_reel() {
        assert_eq!(reel("映画.mp4"), "AX");
        assert_eq!(reel("ep-1"), "EP1");
    }
}
