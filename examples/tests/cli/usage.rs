//! Wrong usage is exit status 2 and one line; help is help.

use std::fs;

use crate::media::dialogue;
use crate::program::run;

const SUBCOMMANDS: [&str; 20] = [
    "analyze",
    "frames",
    "plan",
    "render",
    "schema",
    "probe",
    "validate",
    "sanitize",
    "scenes",
    "scene-sheet",
    "split",
    "waveform",
    "loudness",
    "silence",
    "thumbnails",
    "storyboard",
    "reframe",
    "suggest",
    "transcode",
    "clips",
];

#[test]
fn help_of_every_subcommand_names_its_arguments_and_shows_an_example() {
    let overview = run(["--help"]);
    assert_eq!(overview.status, 0);
    for name in SUBCOMMANDS {
        assert!(overview.stdout.contains(&format!("\n  {name} ")), "{name} is not listed");
        let help = run([name, "--help"]);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""), "{name}");
        assert!(help.stdout.contains("Usage: viralforge") && help.stdout.contains("Examples:"), "{}", help.stdout);
    }
}

#[test]
fn without_a_subcommand_the_help_goes_to_standard_error() {
    let run = run::<&str>([]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("clips"));
}

#[test]
fn mistakes_in_the_arguments_are_one_line() {
    let wrong: [&[&str]; 17] = [
        &["prob", "x.mp4"],
        &["probe"],
        &["probe", "x.mp4", "--jason"],
        &["transcode", "x.mp4"],
        &["transcode", "x.mp4", "-o", "y.mp4", "--cut", "sharp"],
        &["transcode", "x.mp4", "-o", "y.mp4", "--start", "-3"],
        &["transcode", "x.mp4", "-o", "y.mp4", "--preset", "myspace"],
        &["sanitize", "x.mp4"],
        &["sanitize", "x.mp4", "-o", "y.mp4", "--policy", "film"],
        &["reframe", "x.mp4", "--aspect", "9x16"],
        &["clips", "x.mp4"],
        &["clips", "x.mp4", "-o", "y", "--to", "tiktok,myspace"],
        &["thumbnails", "x.mp4", "--count", "many"],
        &["waveform", "x.mp4", "--bits", "12"],
        &["scenes", "x.mp4", "-o", "y.edl", "--frame-rate", "fast"],
        &["scene-sheet", "x.mp4", "-o", "y.jpg", "--format", "gif"],
        &["split", "x.mp4", "-o", "y", "--only", "first"],
    ];
    for args in wrong {
        let run = run(args);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{args:?}: {run:?}");
        assert!(!run.error().is_empty());
    }
}

#[test]
fn a_value_that_a_verb_refuses_is_wrong_usage_and_writes_nothing() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (video, out) = (video.display().to_string(), dir.path().join("o.mp4").display().to_string());
    let wrong: [&[&str]; 5] = [
        &["transcode", &video, "-o", &out, "--start", "5", "--end", "5"],
        &["transcode", &video, "-o", &out, "--crf", "99"],
        &["sanitize", &video, "-o", &video],
        &["silence", &video, "--threshold-db", "3"],
        &["thumbnails", &video, "--count", "0"],
    ];
    for args in wrong {
        let run = run(args);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{args:?}: {run:?}");
        assert!(!run.error().is_empty());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn the_version_is_the_crates() {
    assert_eq!(run(["--version"]).stdout, format!("viralforge {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let Some(video) = dialogue() else { return };
    let mut command = crate::program::command();
    command.arg("probe").arg(video).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}
