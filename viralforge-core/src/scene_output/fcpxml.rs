//! Final Cut Pro's XML, after Apple's "FCPXML Reference" (version 1.11).

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::timebase::Timebase;
use super::timeline::{Clip, Timeline};
use crate::geometry::Size;

type Result = io::Result<()>;

/// The timeline as FCPXML: one clip a scene in a spine, with a note of how the scene begins.
pub(super) fn fcpxml(timeline: &Timeline<'_>, size: Option<Size>, has_audio: bool) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::DocType(BytesText::new("fcpxml")))?;
    xml.create_element("fcpxml").with_attribute(("version", "1.11")).write_inner_content(|xml| {
        resources(xml, timeline, size, has_audio)?;
        let title = timeline.title.as_str();
        xml.create_element("library").write_inner_content(|xml| {
            xml.create_element("event").with_attribute(("name", title)).write_inner_content(|xml| {
                xml.create_element("project")
                    .with_attribute(("name", title))
                    .write_inner_content(|xml| sequence(xml, timeline))
                    .map(drop)
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn resources(xml: &mut Writer<Vec<u8>>, timeline: &Timeline<'_>, size: Option<Size>, has_audio: bool) -> Result {
    let rate = timeline.base.rate;
    let frame_duration = format!("{}/{}s", rate.den(), rate.num());
    let size = size.map(|size| [size.width, size.height].map(|side| side.to_string()));
    let sides = size.iter().flat_map(|[width, height]| [("width", width.as_str()), ("height", height.as_str())]);
    let start = seconds(timeline.base, timeline.media_start);
    let duration = seconds(timeline.base, timeline.end());
    let sound = [("hasAudio", "1"), ("audioSources", "1"), ("audioChannels", "2")];
    let sound = sound.into_iter().take(if has_audio { 3 } else { 0 });
    xml.create_element("resources").write_inner_content(|xml| {
        xml.create_element("format")
            .with_attributes([("id", "r1"), ("frameDuration", &frame_duration)].into_iter().chain(sides))
            .write_empty()?;
        let asset = [
            ("id", "r2"),
            ("name", &timeline.media_name),
            ("start", &start),
            ("duration", &duration),
            ("hasVideo", "1"),
            ("format", "r1"),
        ];
        xml.create_element("asset").with_attributes(asset.into_iter().chain(sound)).write_inner_content(|xml| {
            xml.create_element("media-rep")
                .with_attributes([("kind", "original-media"), ("src", &timeline.media_uri)])
                .write_empty()?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn sequence(xml: &mut Writer<Vec<u8>>, timeline: &Timeline<'_>) -> Result {
    let base = timeline.base;
    let start = seconds(base, timeline.media_start + timeline.start());
    let duration = seconds(base, timeline.end() - timeline.start());
    let counting = if base.drop_frame { "DF" } else { "NDF" };
    let attributes = [("format", "r1"), ("duration", &duration), ("tcStart", &start), ("tcFormat", counting)];
    xml.create_element("sequence").with_attributes(attributes).write_inner_content(|xml| {
        xml.create_element("spine").write_inner_content(|xml| {
            let mut end = timeline.start();
            for clip in &timeline.clips {
                if end < clip.start {
                    gap(xml, timeline, end, clip.start)?;
                }
                scene(xml, timeline, clip)?;
                end = clip.end;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn gap(xml: &mut Writer<Vec<u8>>, timeline: &Timeline<'_>, from: u64, to: u64) -> Result {
    let offset = seconds(timeline.base, timeline.media_start + from);
    let duration = seconds(timeline.base, to - from);
    let attributes = [("name", "Gap"), ("offset", &offset), ("start", "0s"), ("duration", &duration)];
    xml.create_element("gap").with_attributes(attributes).write_empty().map(drop)
}

fn scene(xml: &mut Writer<Vec<u8>>, timeline: &Timeline<'_>, clip: &Clip<'_>) -> Result {
    // In place: the timeline has the timecode of the media, so the clip lies where it is taken from.
    let start = seconds(timeline.base, timeline.media_start + clip.start);
    let duration = seconds(timeline.base, clip.end - clip.start);
    let name = format!("Scene {}", clip.shot.number);
    let attributes = [
        ("ref", "r2"),
        ("name", name.as_str()),
        ("offset", &start),
        ("start", &start),
        ("duration", &duration),
        ("format", "r1"),
        ("tcFormat", if timeline.base.drop_frame { "DF" } else { "NDF" }),
    ];
    let note = format!("begins with {}", clip.shot.beginning());
    xml.create_element("asset-clip").with_attributes(attributes).write_inner_content(|xml| {
        xml.create_element("note").write_text_content(BytesText::new(&note))?;
        Ok(())
    })?;
    Ok(())
}

/// So many frames as seconds: a multiple of the frame's duration, not reduced.
fn seconds(base: Timebase, frames: u64) -> String {
    match u128::from(frames) * u128::from(base.rate.den()) {
        0 => "0s".to_owned(),
        units => format!("{units}/{}s", base.rate.num()),
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::XmlVersion;
    use quick_xml::events::attributes::Attribute;

    use super::super::format::WriteScenesOptions;
    use super::super::shot::tests::report;
    use super::super::timeline::timebase;
    use super::*;
    use crate::scene::BoundaryKind;

    fn written(options: &WriteScenesOptions) -> String {
        let mut report = report((30000, 1001), &[(BoundaryKind::Cut, 50), (BoundaryKind::Wipe, 100)], 150);
        report.scenes.remove(1);
        let timeline = Timeline::new(&report, timebase(&report, options).unwrap(), options).unwrap();
        String::from_utf8(fcpxml(&timeline, Some(Size::new(1280, 720)), true).unwrap()).unwrap()
    }

    #[test]
    fn times_are_whole_frames_and_gaps_stay_gaps() {
        let xml = written(&WriteScenesOptions::default().with_start_timecode_frames(10));
        for part in [
            r#"frameDuration="1001/30000s" width="1280" height="720""#,
            r#"tcStart="10010/30000s" tcFormat="DF""#,
            r#"<gap name="Gap" offset="60060/30000s" start="0s" duration="50050/30000s"/>"#,
            r#"name="Scene 2" offset="110110/30000s" start="110110/30000s" duration="50050/30000s""#,
            "<note>begins with wipe</note>",
        ] {
            assert!(xml.contains(part), "{part}\n{xml}");
        }
    }

    #[test]
    fn names_cannot_leave_their_place() {
        let options = WriteScenesOptions::default().with_media_name("a\"><&\u{1}.mp4").with_title("]]> 'x'");
        let xml = written(&options);
        let mut names = Vec::new();
        let mut reader = quick_xml::Reader::from_str(&xml);
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => {
                    let value = |a: Attribute<'_>| a.normalized_value(XmlVersion::Explicit1_0).unwrap().into_owned();
                    names.extend(tag.attributes().map(|a| value(a.unwrap())));
                }
                _ => {}
            }
        }
        assert!(names.contains(&"a\"><& .mp4".to_owned()), "{names:?}");
        assert!(names.contains(&"]]> 'x'".to_owned()), "{names:?}");
        assert!(names.contains(&"a%22%3E%3C%26%20.mp4".to_owned()), "{names:?}");
    }
}
