//! Contact sheets, plots and files of scenes of a real video.

use std::path::Path;
use std::sync::{Arc, Mutex};

use viralforge_core::{
    CancelToken, Monitor, Output, SceneOptions, SceneReport, SceneSheetOptions, SheetFormat, Size, Source, Speed,
    SplitOptions, Timestamp, TranscodeOptions, WriteStatisticsOptions, detect_scenes, extract_still, make_scene_sheet,
    split_scenes, write_scene_statistics,
};

use crate::common::{demo, ffprobe};

/// The demo's first scenes, with statistics.
fn scenes() -> (Source, SceneReport) {
    let source = Source::from_path(demo()).unwrap();
    let range = viralforge_core::TimeRange::new(Timestamp::ZERO, Timestamp::new(20, 1)).unwrap();
    let options = SceneOptions::default().with_range(range).with_statistics(true);
    let report = detect_scenes(&source, &options, &Monitor::new()).unwrap();
    assert!(report.scenes.len() > 4, "{report:?}");
    (source, report)
}

/// Where people may look at what the tests made.
fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("VIRALFORGE_KEEP_PICTURES") {
        std::fs::write(Path::new(&folder).join(name), bytes).unwrap();
    }
}

#[test]
fn a_sheet_has_three_frames_of_each_scene_inside_of_it() {
    let (source, report) = scenes();
    let options = SceneSheetOptions::default().with_tile(Size::new(160, 160)).with_max_scenes(4);
    let sheet = make_scene_sheet(&source, &report, &options, &Monitor::new()).unwrap();
    keep("sheet.jpg", &sheet.image);
    assert_eq!((sheet.tiles.len(), sheet.page), (12, 1));
    assert_eq!(sheet.pages as usize, report.scenes.len().div_ceil(4));
    for tile in &sheet.tiles {
        let scene = report.scenes[tile.scene as usize - 1].range;
        assert!(scene.contains(tile.time), "{tile:?} {scene:?}");
        assert!(tile.place.x + tile.place.width <= sheet.size.width);
        assert!(tile.place.y + tile.place.height <= sheet.size.height);
        let mixed = report.boundaries.iter().any(|b| b.range.contains(tile.time));
        assert!(!mixed, "{tile:?} lies in a gradual change");
    }
    let times: Vec<_> = sheet.tiles.iter().map(|tile| tile.time).collect();
    assert!(times.is_sorted(), "{times:?}");
    let picture = extract_still(&Source::from_bytes("sheet", sheet.image), 8192).unwrap().unwrap();
    assert_eq!(picture.size, sheet.size);

    let last = options.with_page(sheet.pages).with_format(SheetFormat::Png).with_labels(false);
    let last = make_scene_sheet(&source, &report, &last, &Monitor::new()).unwrap();
    assert!(last.image.starts_with(b"\x89PNG"));
    assert_eq!(last.tiles.last().unwrap().scene, report.scenes.len() as u64);
}

#[test]
fn plots_and_tables_of_statistics_can_be_read() {
    let (_, report) = scenes();
    let statistics = report.statistics.as_ref().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = WriteStatisticsOptions::default().with_boundaries(report.boundaries.clone());
    for name in ["plot.png", "plot.svg", "plot.csv"] {
        let path = folder.path().join(name);
        write_scene_statistics(statistics, &Output::to_path(&path), &options).unwrap();
        keep(name, &std::fs::read(path).unwrap());
    }
    let png = Source::from_path(folder.path().join("plot.png")).unwrap();
    assert_eq!(extract_still(&png, 8192).unwrap().unwrap().size.width, 1600);
    let table = std::fs::read_to_string(folder.path().join("plot.csv")).unwrap();
    assert_eq!(table.lines().count(), statistics.frames.len() + 1);
    let columns = table.lines().map(|line| line.split(',').count());
    assert!(columns.min() == Some(2 + statistics.columns.len()));
}

/// Small and quick.
fn quick() -> SplitOptions {
    SplitOptions::default().with_transcode(TranscodeOptions::default().with_height(120).with_speed(Speed::Ultrafast))
}

#[test]
fn every_frame_is_in_the_file_of_its_scene_and_in_no_other() {
    let (source, report) = scenes();
    let folder = tempfile::tempdir().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let monitor = Monitor::new().with_progress(move |p| sink.lock().unwrap().push(p.fraction));
    let files = split_scenes(&source, &report, folder.path(), &quick(), &monitor).unwrap();
    assert_eq!(files.len(), report.scenes.len());
    for (file, scene) in files.iter().zip(&report.scenes) {
        let frames = scene.range.duration().to_units(1, 24);
        assert_eq!(file.frames_written as i64, frames, "{file:?}");
    }
    let name = folder.path().join("sintel-trailer-720p-52s-scene-002.mp4");
    let info = ffprobe(&name, &["-count_frames", "-show_entries", "stream=nb_read_frames,codec_type"]).unwrap();
    assert_eq!(info["streams"][0]["nb_read_frames"], files[1].frames_written.to_string());
    let seen = seen.lock().unwrap();
    assert!(seen.is_sorted() && seen.last() == Some(&1.0), "{seen:?}");
    assert_eq!(seen.iter().filter(|fraction| **fraction == 1.0).count(), 1);
}

#[test]
fn only_the_scenes_that_were_asked_for_are_written() {
    let (source, report) = scenes();
    let folder = tempfile::tempdir().unwrap();
    let options = quick().with_only([3, 2]).with_template("{number}.mp4");
    split_scenes(&source, &report, folder.path(), &options, &Monitor::new()).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["2.mp4", "3.mp4"]);
}

#[test]
fn a_cancelled_split_keeps_whole_files_only() {
    let (source, report) = scenes();
    let folder = tempfile::tempdir().unwrap();
    let token = CancelToken::new();
    let stop = token.clone();
    let inside = folder.path().to_owned();
    // Once the first file is there and the second is being written.
    let monitor = Monitor::new().with_cancel(token).with_progress(move |_| {
        if std::fs::read_dir(&inside).unwrap().any(|f| f.unwrap().path().extension().is_some_and(|e| e == "mp4")) {
            stop.cancel();
        }
    });
    let error = split_scenes(&source, &report, folder.path(), &quick(), &monitor).unwrap_err();
    assert_eq!(error.code(), "cancelled");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().path()).collect();
    assert!(!names.is_empty() && names.len() < report.scenes.len(), "{names:?}");
    for name in names {
        assert!(ffprobe(&name, &["-show_streams"]).is_some(), "{name:?}");
    }
}
