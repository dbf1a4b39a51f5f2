//! OpenTimelineIO's JSON, after its "Serialized Data" documentation.

use serde_json::{Value, json};

use super::timeline::{Clip, Timeline, Transition};
use crate::scene::BoundaryKind;

/// The timeline as OpenTimelineIO: a clip a scene on one track, with transitions and gaps between them.
pub(super) fn otio(timeline: &Timeline<'_>) -> Value {
    let mut children = Vec::new();
    let mut end = timeline.start();
    for clip in &timeline.clips {
        if end < clip.start {
            children.push(gap(timeline, clip.start - end));
        }
        children.extend(clip.transition.map(|t| transition(timeline, clip, t)));
        children.push(scene(timeline, clip));
        end = clip.end;
    }
    json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": timeline.title,
        "metadata": {},
        "global_start_time": time(timeline, timeline.media_start + timeline.start()),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "name": "tracks",
            "metadata": {},
            "source_range": null,
            "effects": [],
            "markers": [],
            "children": [{
                "OTIO_SCHEMA": "Track.1",
                "name": "Scenes",
                "kind": "Video",
                "metadata": {},
                "source_range": null,
                "effects": [],
                "markers": [],
                "children": children,
            }],
        },
    })
}

fn scene(timeline: &Timeline<'_>, clip: &Clip<'_>) -> Value {
    json!({
        "OTIO_SCHEMA": "Clip.2",
        "name": format!("Scene {}", clip.shot.number),
        "metadata": { "viralforge": {
            "begins": clip.shot.beginning(),
            "confidence": clip.shot.begins.map(|b| b.confidence),
        } },
        "source_range": range(timeline, timeline.media_start + clip.start, clip.end - clip.start),
        "effects": [],
        "markers": [],
        "active_media_reference_key": "DEFAULT_MEDIA",
        "media_references": { "DEFAULT_MEDIA": {
            "OTIO_SCHEMA": "ExternalReference.1",
            "name": timeline.media_name,
            "metadata": {},
            "target_url": timeline.media_uri,
            "available_range": range(timeline, timeline.media_start, timeline.end()),
        } },
    })
}

fn gap(timeline: &Timeline<'_>, frames: u64) -> Value {
    json!({
        "OTIO_SCHEMA": "Gap.1",
        "name": "",
        "metadata": {},
        "source_range": range(timeline, 0, frames),
        "effects": [],
        "markers": [],
    })
}

fn transition(timeline: &Timeline<'_>, clip: &Clip<'_>, transition: Transition) -> Value {
    let kind = if transition.kind == BoundaryKind::Dissolve { "SMPTE_Dissolve" } else { "Custom_Transition" };
    json!({
        "OTIO_SCHEMA": "Transition.1",
        "name": transition.kind.name(),
        "metadata": {},
        "transition_type": kind,
        "in_offset": time(timeline, clip.start - transition.start),
        "out_offset": time(timeline, transition.end - clip.start),
    })
}

fn range(timeline: &Timeline<'_>, start: u64, frames: u64) -> Value {
    json!({
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time(timeline, start),
        "duration": time(timeline, frames),
    })
}

/// OpenTimelineIO has floating-point numbers for both.
fn time(timeline: &Timeline<'_>, frames: u64) -> Value {
    json!({ "OTIO_SCHEMA": "RationalTime.1", "rate": timeline.base.rate.as_f64(), "value": frames as f64 })
}

#[cfg(test)]
mod tests {
    use super::super::format::WriteScenesOptions;
    use super::super::shot::tests::report;
    use super::super::timeline::timebase;
    use super::*;

    #[test]
    fn clips_transitions_and_gaps_stand_on_one_track() {
        let begin = [(BoundaryKind::Dissolve, 50), (BoundaryKind::Cut, 100), (BoundaryKind::Cut, 120)];
        let mut report = report((24000, 1001), &begin, 150);
        report.scenes.remove(2);
        let options = WriteScenesOptions::default().with_media_uri("file:///v/a%20b.mp4");
        let timeline = Timeline::new(&report, timebase(&report, &options).unwrap(), &options).unwrap();
        let track = &otio(&timeline)["tracks"]["children"][0]["children"];
        let schemas: Vec<_> = track.as_array().unwrap().iter().map(|c| c["OTIO_SCHEMA"].as_str().unwrap()).collect();
        assert_eq!(schemas, ["Clip.2", "Transition.1", "Clip.2", "Gap.1", "Clip.2"]);
        assert_eq!(track[1]["in_offset"]["value"], 5.0);
        assert_eq!(track[4]["source_range"]["start_time"]["value"], 120.0);
        assert_eq!(track[4]["media_references"]["DEFAULT_MEDIA"]["target_url"], "file:///v/a%20b.mp4");
    }
}
