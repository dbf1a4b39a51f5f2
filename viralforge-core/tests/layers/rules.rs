//! The rules of ARCHITECTURE.md that a compiler does not check.

use std::collections::{BTreeMap, BTreeSet};

use crate::scan::{Module, is_word};

/// Where each module stands. It may import from its own layer and from smaller ones. The longest path that fits
/// counts, so a part of a module can stand in another layer than the rest.
const LAYERS: &[(u8, &[&str])] = &[
    (0, &["error", "time", "geometry", "json", "limits", "media_info", "monitor", "output", "picture", "source"]),
    (1, &["media"]),
    (
        2,
        &[
            "probe",
            "validate",
            "analysis",
            "scene",
            "waveform",
            "loudness",
            "silence",
            "subject",
            "quality",
            "transcript",
        ],
    ),
    (
        3,
        &[
            "look",
            "reframe",
            "clip",
            "thumbnail::choice",
            "thumbnail::score",
            "thumbnail::options",
            "preset",
            "render::plan",
        ],
    ),
    (4, &["render", "sanitize", "scene_output", "transcode", "thumbnail"]),
    (5, &["schema"]),
];

/// Files of layers 2 and 3 that may touch a file, a decoder or a monitor. Everything else there is a kernel: numbers
/// in, numbers out.
const DRIVERS: &[&str] = &[
    "probe",
    "analysis",
    "analysis::audio",
    "analysis::pass",
    "analysis::video",
    "loudness",
    "scene",
    "silence",
    "waveform",
    "waveform::write",
    "validate",
    "validate::decode",
    "validate::inspector",
    "validate::media",
    "validate::still",
    "validate::window",
];

/// Layer 0 modules that do input or output or talk to the host.
const OUTSIDE: &[&str] = &["source", "output", "monitor"];

/// Crates that only `media` may name.
const MEDIA_CRATES: &[&str] = &["rsmpeg", "symphonia", "image"];

/// Longest file, counted in lines that hold code outside tests.
const MAX_LINES: usize = 500;

/// Every broken rule as `file:line: what is wrong`.
pub(crate) fn violations(modules: &[Module]) -> Vec<String> {
    let known: BTreeSet<Vec<String>> = modules.iter().map(|module| module.path.clone()).collect();
    let roots = root_names(modules, &known);
    let mut found = Vec::new();
    for module in modules.iter().filter(|module| !module.path.is_empty()) {
        let own = module.path.join("::");
        let mut say = |line: usize, problem: String| found.push(format!("{}:{line}: {problem}", module.file));
        let Some(layer) = layer(&module.path) else {
            say(1, format!("{own} has no layer; give it one in tests/layers/rules.rs"));
            continue;
        };
        if module.lines > MAX_LINES {
            say(1, format!("{} lines of code, more than {MAX_LINES}; split it by ideas", module.lines));
        }
        let is_kernel = matches!(layer, 2 | 3) && !DRIVERS.contains(&own.as_str());
        let imports = module.imports(|path| known.contains(path));
        let is_ours = |name: &str| imports.iter().any(|import| import.path.last().is_some_and(|last| last == name));
        for import in &imports {
            let shown = format!("crate::{}", import.path.join("::"));
            let target = match longest_known(&import.path, &known) {
                Some(target) => target,
                None => match import.path.first().and_then(|name| roots.get(name)) {
                    Some(target) => target.clone(),
                    None => {
                        say(import.line, format!("{shown} is neither a module nor a name that lib.rs exports"));
                        continue;
                    }
                },
            };
            let Some(theirs) = self::layer(&target) else { continue };
            if theirs > layer {
                say(import.line, format!("{own} (layer {layer}) imports {shown} (layer {theirs})"));
            }
            let inside = target.first() == module.path.first();
            let pure = (theirs == 0 && !OUTSIDE.contains(&target[0].as_str())) || (layer == 3 && theirs > 1) || inside;
            if is_kernel && theirs <= layer && !pure {
                say(import.line, format!("{own} is a kernel and imports {shown}; leave that to a driver"));
            }
        }
        for (at, token) in module.tokens.iter().enumerate() {
            let names_crate = module.text(at + 1) == "::" && (at == 0 || module.text(at - 1) != "::")
                || at > 0
                    && matches!(module.text(at - 1), "use" | "crate")
                    && matches!(module.text(at + 1), ";" | "as");
            match token.text.as_str() {
                "unsafe" if layer != 1 => say(token.line, "unsafe code outside media".to_owned()),
                "unsafe_code" => say(token.line, "the lint for unsafe code is set in lib.rs only".to_owned()),
                name if layer != 1 && names_crate && MEDIA_CRATES.contains(&name) && !is_ours(name) => {
                    say(token.line, format!("names the crate {name} outside media"));
                }
                "std" if is_kernel && matches!(module.text(at + 2), "fs" | "thread" | "net" | "process") => {
                    say(token.line, format!("{own} is a kernel and uses std::{}", module.text(at + 2)));
                }
                "rayon" if is_kernel => say(token.line, format!("{own} is a kernel and uses rayon")),
                _ => {}
            }
        }
    }
    found
}

fn layer(path: &[String]) -> Option<u8> {
    (1..=path.len()).rev().find_map(|length| {
        let name = path[..length].join("::");
        LAYERS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(layer, _)| *layer)
    })
}

fn longest_known(path: &[String], known: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
    (1..=path.len()).rev().map(|length| &path[..length]).find(|path| known.contains(*path)).map(<[_]>::to_vec)
}

/// What `crate::Name` stands for: the module from which lib.rs exports it.
fn root_names(modules: &[Module], known: &BTreeSet<Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let imports = modules.iter().filter(|m| m.path.is_empty()).flat_map(|m| m.imports(|path| known.contains(path)));
    imports
        .filter_map(|import| {
            let name = import.path.last().filter(|name| is_word(name))?.clone();
            Some((name, longest_known(&import.path, known)?))
        })
        .collect()
}
