//! Damaged files, cancellation, and outputs that must not be.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use viralforge_core::*;

use super::common::{demo, ffmpeg};

/// Small good files of every kind that is rewritten.
fn good() -> &'static Vec<(PathBuf, Vec<u8>)> {
    static GOOD: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
        let mut paths: Vec<PathBuf> = ["h264-aac.mp4", "vp9-opus.webm", "animation.gif"].map(|n| seeds.join(n)).into();
        let input = demo();
        let small = ["-ss", "10", "-t", "0.4", "-i", input.to_str().unwrap(), "-vf", "scale=64:36"];
        let fragments = ["-movflags", "frag_keyframe+empty_moov", "-g", "4"];
        for (name, more) in [
            ("fragments.mp4", &fragments[..]),
            ("movie.mov", &["-c:a", "pcm_s16be", "-metadata", "location=+48.85+002.29/"]),
            ("movie.mkv", &["-metadata", "comment=x"]),
            ("still.jpg", &["-frames:v", "1"]),
            ("still.png", &["-frames:v", "1"]),
            ("still.webp", &["-frames:v", "1"]),
            ("moving.apng", &["-plays", "0"]),
        ] {
            let path = folder.path().join(name);
            ffmpeg(&[&small[..], more, &[path.to_str().unwrap()]].concat());
            paths.push(path);
        }
        paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    })
}

fn sanitize_bytes(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    let (output, written) = memory();
    let source = Source::from_bytes(name, bytes);
    let report = sanitize_upload(&source, &output, &SanitizeOptions::default(), &Monitor::new())?;
    let bytes = std::mem::take(&mut *written.lock().unwrap());
    assert_eq!(report.bytes_out, bytes.len() as u64);
    Ok(bytes)
}

type Shared = std::sync::Arc<std::sync::Mutex<Vec<u8>>>;

/// An output in memory.
fn memory() -> (Output, Shared) {
    struct Memory(Shared);
    impl std::io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let written = Shared::default();
    (Output::to_writer("memory", Memory(Shared::clone(&written))), written)
}

/// What comes out of damaged bytes, if anything does, must be sound and stay as it is.
fn check(name: &str, bytes: Vec<u8>) {
    let len = bytes.len();
    let Ok(clean) = sanitize_bytes(name, bytes) else { return };
    assert!(clean.len() <= len + 1024, "{name}: {len} bytes became {}", clean.len());
    match sanitize_bytes(name, clean.clone()) {
        Ok(again) => assert!(again == clean, "{name}: {} bytes became {}", clean.len(), again.len()),
        Err(error) => {
            panic!("{name}: the output is refused: {error}");
        }
    }
}

#[test]
fn every_good_file_is_rewritten() {
    for (path, bytes) in good() {
        let name = path.display().to_string();
        sanitize_bytes(&name, bytes.clone()).unwrap_or_else(|error| panic!("{error}"));
        check(&name, bytes.clone());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_damaged_file_is_refused_or_becomes_a_sound_one(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 0..3),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let (path, bytes) = which.get(good());
        let mut bytes = bytes.clone();
        // Headers matter most, and stand in front but for tables of a movie.
        let len = bytes.len();
        changes.iter().for_each(|(at, byte)| bytes[at.index(len.min(2000))] = *byte);
        flips.iter().for_each(|(at, bit)| bytes[at.index(len)] ^= 1 << bit);
        if let Some(cut) = cut {
            bytes.truncate(cut.index(len).max(1));
        }
        check(&path.display().to_string(), bytes);
    }
}

#[test]
fn the_source_itself_is_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.mp4");
    std::fs::copy(demo(), &path).unwrap();
    let source = Source::from_path(&path).unwrap();
    let error = sanitize_upload(&source, &Output::to_path(&path), &SanitizeOptions::default(), &Monitor::new());
    assert_eq!(error.unwrap_err().code(), "invalid_option");
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(demo()).unwrap());
}

/// Cancels once so many bytes were read.
struct Tired {
    file: std::fs::File,
    left: usize,
    token: CancelToken,
}

impl Read for Tired {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.left = self.left.saturating_sub(count);
        if self.left == 0 {
            self.token.cancel();
        }
        Ok(count)
    }
}

impl Seek for Tired {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn cancelled_or_refused_it_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::to_path(folder.path().join("out.mp4"));
    let token = CancelToken::new();
    let monitor = Monitor::new().with_cancel(token.clone());
    let file = std::fs::File::open(demo()).unwrap();
    let source = Source::from_reader("demo.mp4", Tired { file, left: 3_000_000, token }).unwrap();
    let cancelled = sanitize_upload(&source, &output, &SanitizeOptions::default(), &monitor);
    assert!(matches!(cancelled, Err(Error::Cancelled)), "{cancelled:?}");
    let avi = Source::from_bytes("a.avi", b"RIFF\x40\0\0\0AVI LIST".to_vec());
    let other = sanitize_upload(&avi, &output, &SanitizeOptions::default(), &Monitor::new()).unwrap_err();
    assert_eq!(other.code(), "unsupported");
    assert!(other.to_string().contains("transcode it to MP4"), "{other}");
    let cut = Source::from_bytes("cut.mp4", std::fs::read(demo()).unwrap()[..50_000].to_vec());
    let refused = sanitize_upload(&cut, &output, &SanitizeOptions::default(), &Monitor::new()).unwrap_err();
    assert_eq!(refused.code(), "malformed");
    assert!(refused.to_string().contains("Please upload it again."), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn chapters_are_kept_unless_they_are_not_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let text = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=Begin\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=End\n";
    let chapters = folder.path().join("chapters.txt");
    std::fs::write(&chapters, text).unwrap();
    for name in ["a.mp4", "a.mkv"] {
        let path = folder.path().join(name);
        let (input, more) = (demo(), chapters.to_str().unwrap());
        let args =
            ["-ss", "10", "-t", "2", "-i", input.to_str().unwrap(), "-i", more, "-map_metadata", "1", "-c", "copy"];
        ffmpeg(&[&args[..], &[path.to_str().unwrap()]].concat());
        for keep in [true, false] {
            let out = folder.path().join(format!("{keep}-{name}"));
            let options = SanitizeOptions::default().with_keep_chapters(keep);
            let source = Source::from_path(&path).unwrap();
            let report = sanitize_upload(&source, &Output::to_path(&out), &options, &Monitor::new()).unwrap();
            let titles = |path| {
                let info = probe(&Source::from_path(path).unwrap(), &Monitor::new()).unwrap();
                info.chapters.into_iter().filter_map(|chapter| chapter.title).collect::<Vec<_>>()
            };
            assert_eq!(titles(&path), ["Begin", "End"]);
            assert_eq!(titles(&out), if keep { vec!["Begin", "End"] } else { vec![] }, "{name}");
            assert_eq!(report.removed.iter().any(|r| r.what == RemovedKind::Chapters), !keep, "{name}");
        }
    }
}
