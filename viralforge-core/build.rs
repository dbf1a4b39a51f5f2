//! Says plainly what to do where no FFmpeg can be linked. This script is quick, so its message comes before the
//! one of the FFmpeg binding, which is built at the same time.

use std::process::Command;

/// libavcodec's major and minor version for each cargo feature.
const FEATURES: [(&str, u32, std::ops::Range<u32>); 4] =
    [("ffmpeg6", 60, 0..1000), ("ffmpeg7", 61, 0..19), ("ffmpeg7_1", 61, 19..1000), ("ffmpeg8", 62, 0..1000)];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["FFMPEG_PKG_CONFIG_PATH", "FFMPEG_INCLUDE_DIR", "FFMPEG_LIBS_DIR", "PKG_CONFIG_PATH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    // Whoever points at headers and libraries by hand, or builds documentation, has decided already.
    if std::env::var_os("FFMPEG_INCLUDE_DIR").is_some() || std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    let Some((major, minor)) = libavcodec_version() else {
        stop(
            "no FFmpeg found. Run `make ffmpeg` (builds one into a cache, about five minutes), or install the development files of FFmpeg 6 to 8 (libavcodec-dev and its siblings) so that pkg-config finds them",
        );
    };
    let chosen: Vec<_> = FEATURES
        .iter()
        .filter(|f| std::env::var_os(format!("CARGO_FEATURE_{}", f.0.to_uppercase())).is_some())
        .collect();
    let [(feature, wanted, minors)] = chosen[..] else {
        stop(&format!(
            "choose exactly one of the features ffmpeg6, ffmpeg7, ffmpeg7_1, ffmpeg8 (chosen: {})",
            chosen.len()
        ));
    };
    if major != *wanted || !minors.contains(&minor) {
        let fits = FEATURES.iter().find(|f| f.1 == major && f.2.contains(&minor));
        stop(&match fits {
            Some((fit, ..)) => format!(
                "libavcodec {major}.{minor} found, but the feature {feature} is on; build with --no-default-features --features {fit} (make does so by itself after `make ffmpeg`)"
            ),
            None => format!(
                "libavcodec {major}.{minor} found, which is not one of FFmpeg 6 to 8; run `make ffmpeg` to build one that fits"
            ),
        });
    }
}

fn libavcodec_version() -> Option<(u32, u32)> {
    let mut command = Command::new("pkg-config");
    command.args(["--modversion", "libavcodec"]);
    if let Some(path) = std::env::var_os("FFMPEG_PKG_CONFIG_PATH") {
        command.env("PKG_CONFIG_PATH", path);
    }
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut parts = text.trim().split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

fn stop(message: &str) -> ! {
    println!("cargo::error={message}");
    std::process::exit(1)
}
