//! The command line against the library's own description of itself: every verb has a subcommand, every option a flag
//! with the same default, and no flag is left over.

use std::collections::BTreeSet;

use clap::{Arg, ArgAction, CommandFactory};
use serde_json::{Map, Value};
use viralforge_core::schema;

use crate::Cli;

/// Which subcommands take the options of a verb.
const SUBCOMMANDS: [(&str, &[&str]); 21] = [
    ("probe", &["probe"]),
    ("validate_upload", &["validate"]),
    ("sanitize_upload", &["sanitize"]),
    ("analyze", &["analyze"]),
    ("detect_scenes", &["scenes"]),
    ("write_scenes", &["scenes"]),
    ("write_scene_statistics", &["scenes"]),
    ("make_scene_sheet", &["scene-sheet"]),
    ("split_scenes", &["split"]),
    ("analyze_waveform", &["waveform"]),
    ("write_waveform", &["waveform"]),
    ("measure_loudness", &["loudness"]),
    ("detect_silence", &["silence"]),
    ("plan_reframe", &["reframe"]),
    ("suggest_clips", &["suggest", "clips"]),
    ("extract_thumbnails", &["thumbnails"]),
    ("extract_frames", &["frames"]),
    ("make_storyboard", &["storyboard"]),
    ("plan_render", &["plan"]),
    ("render", &["render"]),
    ("transcode", &["transcode"]),
];

/// Flags that belong to the program and to no verb.
const OWN_FLAGS: [&str; 10] =
    ["output", "json", "limit", "help", "version", "per-frame", "plan", "scenes", "to", "live"];

/// Options that people write in another form than JSON has, so that defaults cannot be compared.
const WRITTEN_OTHERWISE: [&str; 13] = [
    "policy",
    "range",
    "times",
    "transcript",
    "reframe",
    "tile",
    "size",
    "color",
    "peak_color",
    "background",
    "method",
    "kinds",
    "only",
];

/// Options of a verb for which the program has more to go by than the library, so that their defaults differ.
const KNOWN_BETTER: [(&str, &str); 4] = [
    // The flag names the file that they are written to.
    ("detect_scenes", "statistics"),
    // The video is at hand.
    ("write_scenes", "media_has_audio"),
    // The output is a picture or a folder, and its name says which picture.
    ("make_scene_sheet", "page"),
    ("make_scene_sheet", "format"),
];

/// What stands before the flags of a verb that shares its subcommand with another that has options of the same names.
const PREFIXES: [(&str, &str); 1] = [("write_scene_statistics", "statistics-")];

/// Options that are no flags: what they ask for is in the report that the program has just made.
const FROM_THE_REPORT: [(&str, &str); 1] = [("write_scene_statistics", "boundaries")];

fn verbs() -> Vec<Value> {
    schema()["verbs"].as_array().unwrap().clone()
}

fn name_of(verb: &Value) -> &str {
    verb["name"].as_str().unwrap()
}

fn options(verb: &Value) -> Map<String, Value> {
    let mut options = verb["options"]["properties"].as_object().cloned().unwrap_or_default();
    options.retain(|option, _| !FROM_THE_REPORT.contains(&(name_of(verb), option)));
    options
}

fn subcommands(verb: &Value) -> &'static [&'static str] {
    let name = name_of(verb);
    SUBCOMMANDS.iter().find(|(v, _)| *v == name).unwrap_or_else(|| panic!("{name} has no subcommand")).1
}

/// The flags of an option of a subcommand: its name, or the flag that turns off what is on.
fn flags(verb: &str, subcommand: &str, option: &str, default: &Value) -> Vec<String> {
    let prefix = PREFIXES.iter().find(|(v, _)| *v == verb).map_or("", |(_, prefix)| prefix);
    let name = format!("{prefix}{}", option.replace('_', "-"));
    let is_on = matches!(default, Value::Bool(true) | Value::Object(_));
    match option {
        "range" => vec!["start".into(), "end".into()],
        _ if KNOWN_BETTER.contains(&(verb, option)) => vec![name],
        // A policy says both yes and no, since its defaults differ by slot.
        _ if is_on && subcommand != "validate" && !WRITTEN_OTHERWISE.contains(&option) => vec![format!("no-{name}")],
        _ => vec![name],
    }
}

fn names(arg: &Arg) -> Vec<String> {
    let long = arg.get_long().map(str::to_owned);
    long.into_iter().chain(arg.get_all_aliases().unwrap_or_default().into_iter().map(str::to_owned)).collect()
}

/// The default of a flag as JSON; null where it has none, and for a switch, which is off by itself.
fn default_of(arg: &Arg) -> Value {
    match arg.get_default_values() {
        [value] if !matches!(arg.get_action(), ArgAction::SetTrue) => {
            let text = value.to_str().unwrap();
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
        }
        _ => Value::Null,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a == b)
}

#[test]
fn every_option_of_every_verb_has_its_flag_with_the_same_default() {
    let program = Cli::command();
    let mut compared = 0;
    for verb in verbs() {
        for name in subcommands(&verb) {
            let command = program.find_subcommand(name).unwrap_or_else(|| panic!("there is no {name}"));
            for (option, facts) in options(&verb) {
                let default = &facts["default"];
                for flag in flags(name_of(&verb), name, &option, default) {
                    let arg = command.get_arguments().find(|arg| names(arg).contains(&flag));
                    let arg = arg.unwrap_or_else(|| panic!("{name} has no --{flag}"));
                    let is_switch = matches!(arg.get_action(), ArgAction::SetTrue);
                    if is_switch {
                        assert_eq!(*default != Value::Bool(false), flag.starts_with("no-"), "{name} --{flag}");
                    } else if *name != "validate"
                        && !WRITTEN_OTHERWISE.contains(&option.as_str())
                        && !KNOWN_BETTER.contains(&(name_of(&verb), &option))
                    {
                        let ours = default_of(arg);
                        assert!(same(&ours, default), "{name} --{flag}: {ours}, not {default}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 40, "only {compared} defaults were compared");
}

#[test]
fn every_flag_is_an_option_of_a_verb_or_the_programs_own() {
    let program = Cli::command();
    for command in program.get_subcommands().filter(|c| c.get_name() != "help") {
        let name = command.get_name();
        let mut known: BTreeSet<String> = OWN_FLAGS.iter().map(|f| (*f).to_owned()).collect();
        for verb in verbs().iter().filter(|verb| subcommands(verb).contains(&name)) {
            let flags = |(option, facts): (&String, &Value)| flags(name_of(verb), name, option, &facts["default"]);
            known.extend(options(verb).iter().flat_map(flags));
        }
        for arg in command.get_arguments().filter(|arg| arg.get_long().is_some()) {
            assert!(names(arg).iter().any(|flag| known.contains(flag)), "{name} --{} is of no verb", names(arg)[0]);
        }
    }
}

#[test]
fn every_limit_can_be_changed() {
    for (limit, facts) in schema()["limits"]["properties"].as_object().unwrap() {
        let change = format!("{limit}={}", facts["default"]);
        assert_eq!(crate::limits::read(&[change]).unwrap(), viralforge_core::Limits::default(), "{limit}");
        let other = crate::limits::read(&[format!("{limit}=1")]).unwrap();
        assert_ne!(other, viralforge_core::Limits::default(), "{limit}");
    }
}

#[test]
fn every_verb_of_the_table_is_in_the_library() {
    let known: BTreeSet<String> = verbs().iter().map(|v| name_of(v).to_owned()).collect();
    assert_eq!(known, SUBCOMMANDS.iter().map(|(verb, _)| (*verb).to_owned()).collect());
}
