//! A place in every corner where files carry one: none is left.

use std::path::Path;

use viralforge_core::*;

use super::common::{demo, ffmpeg};

/// What the bytes of every file below have, and no clean file may.
const PLACE: &[u8] = b"+48.8577+002.295";

fn has_place(bytes: &[u8]) -> bool {
    bytes.windows(PLACE.len()).any(|window| window == PLACE)
}

/// Cleans bytes that have the place, and asserts that it is gone for that reason.
fn assert_cleaned(name: &str, bytes: Vec<u8>, what: RemovedKind) -> Vec<u8> {
    assert!(has_place(&bytes), "{name} has no place to begin with");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clean");
    let source = Source::from_bytes(name, bytes);
    let report = sanitize_upload(&source, &Output::to_path(&path), &SanitizeOptions::default(), &Monitor::new());
    let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
    let clean = std::fs::read(path).unwrap();
    assert!(!has_place(&clean), "{name}: the place is still there");
    assert!(report.removed.iter().any(|removed| removed.what == what), "{name}: {:?}", report.removed);
    assert_eq!(report.bytes_out, clean.len() as u64);
    clean
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), body].concat()
}

fn place_box() -> Vec<u8> {
    boxed(b"\xa9xyz", &[&[0, PLACE.len() as u8, 0x15, 0xc7], PLACE].concat())
}

/// A short MP4 whose movie box is the last: what grows there moves nothing.
fn movie(folder: &Path, name: &str, more: &[&str]) -> Vec<u8> {
    let path = folder.join(name);
    let input = demo();
    let mut args = vec!["-ss", "10", "-t", "1", "-i", input.to_str().unwrap()];
    args.extend(more);
    args.extend(["-c:v", "copy", "-c:a", "copy", path.to_str().unwrap()]);
    ffmpeg(&args);
    std::fs::read(path).unwrap()
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

/// Adds boxes to the end of the movie box, the last of the file.
fn in_movie(bytes: &[u8], boxes: &[u8]) -> Vec<u8> {
    let at = find(bytes, b"moov") - 4;
    let size = (bytes.len() - at + boxes.len()) as u32;
    [&bytes[..at], &size.to_be_bytes(), &bytes[at + 4..], boxes].concat()
}

#[test]
fn boxes_of_a_movie_lose_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let good = movie(folder.path(), "good.mp4", &["-map_metadata", "-1"]);
    let keys = boxed(
        b"keys",
        &[&[0, 0, 0, 0, 0, 0, 0, 1], boxed(b"mdta", b"com.apple.quicktime.location.ISO6709").as_slice()].concat(),
    );
    let value = boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], PLACE].concat());
    let list = boxed(b"ilst", &boxed(&[0, 0, 0, 1], &value));
    let handler = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0mdta\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let meta = boxed(b"meta", &[handler, keys, list].concat());
    let xmp = boxed(b"uuid", &[b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", PLACE].concat());
    let loci = boxed(b"loci", &[b"\0\0\0\0\x15\xc7\0\0", PLACE].concat());
    for (name, boxes, what) in [
        ("udta.mp4", boxed(b"udta", &place_box()), RemovedKind::Location),
        ("loci.mp4", boxed(b"udta", &loci), RemovedKind::Location),
        ("mdta.mp4", meta, RemovedKind::Location),
        ("xmp.mp4", xmp.clone(), RemovedKind::Xmp),
        ("unknown.mp4", boxed(b"zzzz", PLACE), RemovedKind::UnknownBox),
        ("free.mp4", boxed(b"free", PLACE), RemovedKind::FreeSpace),
    ] {
        assert_cleaned(name, in_movie(&good, &boxes), what);
    }
    for (name, boxes, what) in [
        ("top-xmp.mp4", xmp, RemovedKind::Xmp),
        ("top-udta.mp4", boxed(b"udta", &place_box()), RemovedKind::Location),
        ("top-free.mp4", boxed(b"free", PLACE), RemovedKind::FreeSpace),
        ("trailing.mp4", [b"\xff\xff\xff\xff\x01\x02\x03\x04", PLACE].concat(), RemovedKind::TrailingBytes),
        ("second-media.mp4", boxed(b"mdat", PLACE), RemovedKind::UnreferencedBytes),
    ] {
        assert_cleaned(name, [good.as_slice(), &boxes].concat(), what);
    }
    let clean = assert_cleaned("twice.mp4", in_movie(&good, &boxed(b"udta", &place_box())), RemovedKind::Location);
    assert!(find(&clean, b"moov") < find(&clean, b"mdat"));
}

#[test]
fn tracks_of_positions_go_with_their_samples() {
    let folder = tempfile::tempdir().unwrap();
    let captions = folder.path().join("captions.srt");
    let place = String::from_utf8(PLACE.to_vec()).unwrap();
    std::fs::write(&captions, format!("1\n00:00:00,000 --> 00:00:01,000\n{place}\n")).unwrap();
    let more = ["-i", captions.to_str().unwrap(), "-map", "0", "-map", "1", "-c:s", "mov_text"];
    let subtitled = movie(folder.path(), "text.mp4", &more);
    let mut positions = subtitled.clone();
    for (from, to) in [(b"sbtl", b"meta"), (b"tx3g", b"camm")] {
        let at = find(&positions, from);
        positions[at..at + 4].copy_from_slice(to);
    }
    assert_cleaned("camm.mp4", positions, RemovedKind::DataTrack);
    // As subtitles the same text is what the viewer is to read.
    let path = folder.path().join("subtitles.mp4");
    let source = Source::from_bytes("subtitles.mp4", subtitled);
    sanitize_upload(&source, &Output::to_path(&path), &SanitizeOptions::default(), &Monitor::new()).unwrap();
    assert!(has_place(&std::fs::read(path).unwrap()));
    // Unless it is the log of a drone.
    std::fs::write(&captions, format!("1\n00:00:00,000 --> 00:00:01,000\nGPS({place}, 20) {place}\n")).unwrap();
    let log = movie(folder.path(), "drone.mp4", &more);
    assert_cleaned("drone.mp4", log, RemovedKind::Location);
}

#[test]
fn a_matroska_file_loses_its_tags_names_and_attachments() {
    let folder = tempfile::tempdir().unwrap();
    let attached = folder.path().join("notes.txt");
    std::fs::write(&attached, PLACE).unwrap();
    let place = String::from_utf8(PLACE.to_vec()).unwrap();
    let tag = |name: &str| format!("{name}={place}");
    let attached = attached.to_str().unwrap();
    for (name, more, what) in [
        ("location.mkv", vec!["-metadata".to_owned(), tag("LOCATION")], RemovedKind::Location),
        ("comment.mkv", vec!["-metadata".to_owned(), tag("comment")], RemovedKind::Tags),
        ("track.mkv", vec!["-metadata:s:v".to_owned(), tag("title")], RemovedKind::Tags),
        (
            "attached.mkv",
            ["-attach", attached, "-metadata:s:t", "mimetype=text/plain"].map(str::to_owned).to_vec(),
            RemovedKind::Attachment,
        ),
    ] {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        assert_cleaned(name, movie(folder.path(), name, &more), what);
    }
    let good = movie(folder.path(), "good.mkv", &[]);
    assert_cleaned("trailing.mkv", [good.as_slice(), PLACE].concat(), RemovedKind::TrailingBytes);
}

/// Exif with the place as the camera's name and a GPS directory.
fn exif() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
    };
    // 8 bytes of header; 2 and 3 × 12 and 4 of the first directory; 2 and 2 × 12 and 4 of the second.
    let first = [entry(0x10f, 2, 16, 80), entry(0x112, 3, 1, 6 << 16), entry(0x8825, 4, 1, 50)].concat();
    let second = [entry(1, 2, 2, u32::from(b'N') << 24), entry(2, 5, 3, 80)].concat();
    [b"MM\0*\0\0\0\x08\0\x03", first.as_slice(), &[0; 4], &[0, 2], &second, &[0; 4], PLACE].concat()
}

#[test]
fn a_photo_keeps_how_it_is_turned_and_nothing_else_of_its_exif() {
    let jpeg = frame().to_jpeg(85).unwrap();
    let segment =
        |marker: u8, body: &[u8]| [&[0xff, marker], &(body.len() as u16 + 2).to_be_bytes()[..], body].concat();
    let with = |segment: Vec<u8>| [&jpeg[..2], &segment, &jpeg[2..]].concat();
    let clean = assert_cleaned(
        "exif.jpg",
        with(segment(0xe1, &[b"Exif\0\0", exif().as_slice()].concat())),
        RemovedKind::Location,
    );
    assert_eq!(clean.windows(10).filter(|w| w == b"\x01\x12\0\x03\0\0\0\x01\0\x06").count(), 1);
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", PLACE].concat();
    assert_cleaned("xmp.jpg", with(segment(0xe1, &xmp)), RemovedKind::Xmp);
    assert_cleaned("comment.jpg", with(segment(0xfe, PLACE)), RemovedKind::Comment);
    assert_cleaned("iptc.jpg", with(segment(0xed, PLACE)), RemovedKind::Tags);
    assert_cleaned("maker.jpg", with(segment(0xe5, PLACE)), RemovedKind::UnknownBox);
    assert_cleaned("trailing.jpg", [jpeg.as_slice(), PLACE].concat(), RemovedKind::TrailingBytes);
    let motion = [jpeg.as_slice(), &boxed(b"ftyp", b"mp42\0\0\0\0mp42"), &boxed(b"mdat", PLACE)].concat();
    assert_cleaned("motion.jpg", motion, RemovedKind::Preview);
}

#[test]
fn a_picture_of_another_format_does_so_too() {
    let png = frame().to_png().unwrap();
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let size = (body.len() as u32).to_be_bytes();
        [&size[..], kind, body, &[0; 4]].concat()
    };
    let with = |chunk: Vec<u8>| [&png[..33], &chunk, &png[33..]].concat();
    let clean = assert_cleaned("exif.png", with(chunk(b"eXIf", &exif())), RemovedKind::Location);
    assert_eq!(clean.len(), png.len() + 12 + 26);
    let xmp = [b"XML:com.adobe.xmp\0\0\0\0\0", PLACE].concat();
    assert_cleaned("xmp.png", with(chunk(b"iTXt", &xmp)), RemovedKind::Xmp);
    assert_cleaned("text.png", with(chunk(b"tEXt", &[b"Place\0", PLACE].concat())), RemovedKind::Tags);
    assert_cleaned("unknown.png", with(chunk(b"caBX", PLACE)), RemovedKind::UnknownBox);
    assert_eq!(assert_cleaned("trailing.png", [&png, PLACE].concat(), RemovedKind::TrailingBytes), png);

    let gif = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/animation.gif")).unwrap();
    let comment = [&[0x21, 0xfe, PLACE.len() as u8], PLACE, &[0]].concat();
    let (body, end) = gif.split_at(gif.len() - 1);
    assert_cleaned("comment.gif", [body, &comment, end].concat(), RemovedKind::Comment);
    assert_cleaned("trailing.gif", [&gif, PLACE].concat(), RemovedKind::TrailingBytes);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("still.webp");
    ffmpeg(&["-ss", "10", "-i", demo().to_str().unwrap(), "-frames:v", "1", "-s", "64x36", path.to_str().unwrap()]);
    let webp = std::fs::read(path).unwrap();
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        [kind.as_slice(), &(body.len() as u32).to_le_bytes(), body, &vec![0; body.len() % 2]].concat()
    };
    let extended = chunk(b"VP8X", &[8 | 4, 0, 0, 0, 63, 0, 0, 35, 0, 0]);
    let tags = [chunk(b"EXIF", &exif()), chunk(b"XMP ", PLACE)].concat();
    let chunks = [b"WEBP", extended.as_slice(), &webp[12..], &tags].concat();
    let clean = assert_cleaned("exif.webp", chunk(b"RIFF", &chunks), RemovedKind::Location);
    assert_eq!(clean[20] & 12, 8, "Exif is there, and XMP is not");
}

fn frame() -> Frame {
    let options = FrameOptions::at([Timestamp::from_millis(10_000)]).with_max_side(64);
    extract_frames(&Source::from_path(demo()).unwrap(), &options, &Monitor::new()).unwrap().remove(0)
}
