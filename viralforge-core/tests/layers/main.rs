//! The library's modules keep to their layers (ARCHITECTURE.md), and the checker that says so is not blind.
#![allow(clippy::unwrap_used, reason = "a test")]

mod rules;
mod scan;

use std::path::Path;

use scan::Module;

fn library() -> Vec<Module> {
    scan::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn every_module_keeps_to_its_layer() {
    let modules = library();
    assert!(modules.len() > 15, "only {} modules were found", modules.len());
    let violations = rules::violations(&modules);
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

/// What the rules say about a small library of these files.
fn verdict(files: &[(&str, &str)]) -> Vec<String> {
    let common = [
        ("lib.rs", "mod error; mod scene; pub use error::Error; pub use scene::SceneReport;"),
        ("error.rs", "pub struct Error;"),
        ("source.rs", "pub struct Source;"),
        ("media/mod.rs", "pub struct MediaReader;"),
        ("scene/mod.rs", "pub struct SceneReport;"),
        ("render/mod.rs", "pub fn render() {}"),
    ];
    let planted = common.iter().filter(|(file, _)| files.iter().all(|(other, _)| other != file)).chain(files);
    rules::violations(&planted.map(|(file, text)| scan::parse(file, text)).collect::<Vec<_>>())
}

#[track_caller]
fn assert_caught(file: &str, text: &str, expected: &str) {
    let found = verdict(&[(file, text)]);
    assert!(found.len() == 1 && found[0] == format!("{file}:{expected}"), "{found:#?}");
}

#[test]
fn an_upward_import_is_caught_however_it_is_written() {
    let expected = "scene (layer 2) imports crate::render::render (layer 4)";
    for text in [
        "use crate::render::render;",
        "use crate::{error::Error, render::{self as r, render}};",
        "fn f() { crate::render::render() }",
        "use super::render::render;",
        "mod inner { use super::super::render::render; }",
        "fn f<'a>(x: &'a str) -> char { crate::render::render(); 'x' }",
        "macro_rules! m { () => { $crate::render::render() } }",
    ] {
        let found = verdict(&[("scene/mod.rs", text)]);
        assert!(found.contains(&format!("scene/mod.rs:1: {expected}")), "{text}: {found:#?}");
    }
    assert_caught("error.rs", "\n\nuse crate::SceneReport;", "3: error (layer 0) imports crate::SceneReport (layer 2)");
    assert_caught(
        "render/plan.rs",
        "use super::render;",
        "1: render::plan (layer 3) imports crate::render::render (layer 4)",
    );
}

#[test]
fn a_child_module_of_a_later_layer_is_caught_without_a_prefix() {
    let found = verdict(&[("thumbnail/choice.rs", "use super::write;"), ("thumbnail/mod.rs", "pub fn write() {}")]);
    assert_eq!(found, ["thumbnail/choice.rs:1: thumbnail::choice (layer 3) imports crate::thumbnail::write (layer 4)"]);
}

#[test]
fn unsafe_code_and_the_media_crates_outside_media_are_caught() {
    assert_caught("scene/mod.rs", "fn f() { unsafe { g() } }", "1: unsafe code outside media");
    assert_caught(
        "render/mod.rs",
        "#[allow(unsafe_code)] fn f() {}",
        "1: the lint for unsafe code is set in lib.rs only",
    );
    assert_caught("render/mod.rs", "use rsmpeg::ffi;", "1: names the crate rsmpeg outside media");
    assert_caught("render/mod.rs", "fn f(x: symphonia::core::Probe) {}", "1: names the crate symphonia outside media");
    assert_caught("render/mod.rs", "use image;", "1: names the crate image outside media");
    let own = [("scene/mod.rs", "use super::scene::image; fn f() { image::g() }"), ("scene/image.rs", "pub fn g() {}")];
    assert_eq!(verdict(&own), [""; 0], "a module of ours may have the same name");
    assert_eq!(verdict(&[("media/mod.rs", "use rsmpeg::ffi; fn f() { unsafe { ffi::g() } }")]), [""; 0]);
}

#[test]
fn a_kernel_that_reaches_for_a_file_a_decoder_or_a_thread_is_caught() {
    let file = "scene/kernel.rs";
    let reach = "scene::kernel is a kernel and";
    assert_caught(
        file,
        "use crate::media::MediaReader;",
        &format!("1: {reach} imports crate::media::MediaReader; leave that to a driver"),
    );
    assert_caught(
        file,
        "use crate::source::Source;",
        &format!("1: {reach} imports crate::source::Source; leave that to a driver"),
    );
    assert_caught(file, "use std::fs::File;", &format!("1: {reach} uses std::fs"));
    assert_caught(file, "use rayon::prelude::*;", &format!("1: {reach} uses rayon"));
    let found = verdict(&[(file, "use crate::silence::Silence;"), ("silence.rs", "pub struct Silence;")]);
    assert_eq!(found, [format!("{file}:1: {reach} imports crate::silence::Silence; leave that to a driver")]);
}

#[test]
fn a_module_without_a_layer_an_unknown_name_and_a_long_file_are_caught() {
    assert_caught("helpers.rs", "", "1: helpers has no layer; give it one in tests/layers/rules.rs");
    assert_caught(
        "scene/mod.rs",
        "use crate::Nothing;",
        "1: crate::Nothing is neither a module nor a name that lib.rs exports",
    );
    let long = "fn f() {}\n".repeat(501);
    assert_caught("scene/mod.rs", &long, "1: 501 lines of code, more than 500; split it by ideas");
}

#[test]
fn comments_literals_and_tests_are_nobodys_imports() {
    let text = r##"
        //! See [`crate::render::render`]; unsafe { }
        /* use crate::render::render; /* nested */ unsafe */
        use crate::error::Error;
        const A: &str = "use crate::render::render; \" unsafe";
        const B: &str = r#"unsafe " crate::render::render"#;
        const C: char = '"'; // a quote that opens nothing
        fn image(image: &Picture) -> u32 { image.width }
        #[cfg(test)]
        use crate::render::render;
        #[cfg(test)]
        mod tests {
            use super::*;
            use crate::render::render;
            fn f() { unsafe { g([1; 2]) } }
        }
        fn after() { 'a: loop { break 'a } }
    "##;
    assert_eq!(verdict(&[("scene/mod.rs", text)]), [""; 0]);
    let also_after = format!("{text}\nuse crate::render::render;");
    assert_eq!(verdict(&[("scene/mod.rs", &also_after)]).len(), 1, "the checker went blind after the test module");
}
