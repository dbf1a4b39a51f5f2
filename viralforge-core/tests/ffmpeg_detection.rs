//! `ffmpeg/build.sh` finds the system's FFmpeg and tells cargo about it. pkg-config is played by a script here, so
//! that every version can be tried on one machine; nothing is built.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A copy of the script in a repository of its own, and a `pkg-config` that knows one version of libavcodec.
struct Machine(tempfile::TempDir);

impl Machine {
    fn with_libavcodec(version: Option<&str>) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        let scripts = machine.0.path().join("viralforge-core/ffmpeg");
        fs::create_dir_all(&scripts).unwrap();
        for name in ["build.sh", "components.sh", "install-packages.sh"] {
            let original = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ffmpeg").join(name);
            fs::copy(original, scripts.join(name)).unwrap();
        }
        let pkg_config = machine.0.path().join("pkg-config");
        let answer = version.map_or("exit 1".to_owned(), |version| format!("echo {version}"));
        fs::write(&pkg_config, format!("#!/bin/sh\n{answer}\n")).unwrap();
        fs::set_permissions(&pkg_config, fs::Permissions::from_mode(0o755)).unwrap();
        machine
    }

    /// Runs the script with the made-up `pkg-config` first in the search path. `system` keeps it from building.
    fn detect(&self) -> Output {
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        Command::new("bash")
            .arg(self.0.path().join("viralforge-core/ffmpeg/build.sh"))
            .env("PATH", path)
            .env("VIRALFORGE_FFMPEG", "system")
            .env("VIRALFORGE_CACHE", self.0.path().join("cache"))
            .env_remove("FFMPEG_PKG_CONFIG_PATH")
            .output()
            .unwrap()
    }

    fn config(&self) -> PathBuf {
        self.0.path().join(".cargo/config.toml")
    }
}

#[test]
fn each_supported_version_gets_its_cargo_feature() {
    for (libavcodec, feature) in [
        ("60.3.100", "ffmpeg6"),
        ("60.31.102", "ffmpeg6"),
        ("61.3.100", "ffmpeg7"),
        ("61.18.100", "ffmpeg7"),
        ("61.19.101", "ffmpeg7_1"),
        ("62.11.100", "ffmpeg8"),
    ] {
        let machine = Machine::with_libavcodec(Some(libavcodec));
        let run = machine.detect();
        assert!(run.status.success(), "{libavcodec}: {}", String::from_utf8_lossy(&run.stderr));
        let config = fs::read_to_string(machine.config()).unwrap();
        assert!(config.contains(&format!("VIRALFORGE_FFMPEG_FEATURE = \"{feature}\"\n")), "{libavcodec}: {config}");
        assert!(!config.contains("static"), "the system's libraries are shared ones: {config}");
    }
}

#[test]
fn a_second_run_leaves_the_file_alone_so_that_cargo_rebuilds_nothing() {
    let machine = Machine::with_libavcodec(Some("61.19.101"));
    assert!(machine.detect().status.success());
    let first = fs::metadata(machine.config()).unwrap().modified().unwrap();
    assert!(machine.detect().status.success());
    assert_eq!(fs::metadata(machine.config()).unwrap().modified().unwrap(), first);
}

#[test]
fn versions_that_do_not_fit_are_named_in_the_refusal() {
    for version in [Some("59.37.100"), Some("63.1.100"), None] {
        let machine = Machine::with_libavcodec(version);
        let run = machine.detect();
        assert!(!run.status.success(), "{version:?}");
        let message = String::from_utf8(run.stderr).unwrap();
        assert!(message.contains("pkg-config finds no FFmpeg 6 to 8"), "{version:?}: {message}");
        assert!(message.contains(version.unwrap_or_default()), "{version:?}: {message}");
        assert!(!machine.config().exists(), "{version:?}");
    }
}

#[test]
fn a_cargo_configuration_written_by_hand_is_left_alone() {
    let machine = Machine::with_libavcodec(Some("62.11.100"));
    fs::create_dir_all(machine.config().parent().unwrap()).unwrap();
    fs::write(machine.config(), "[build]\njobs = 1\n").unwrap();
    let run = machine.detect();
    assert!(!run.status.success());
    assert!(String::from_utf8(run.stderr).unwrap().contains("VIRALFORGE_FFMPEG_FEATURE = \"ffmpeg8\""));
    assert_eq!(fs::read_to_string(machine.config()).unwrap(), "[build]\njobs = 1\n");

    // Once the line is there, all is well.
    fs::write(machine.config(), "[build]\njobs = 1\n[env]\nVIRALFORGE_FFMPEG_FEATURE = \"ffmpeg8\"\n").unwrap();
    assert!(machine.detect().status.success());
}
