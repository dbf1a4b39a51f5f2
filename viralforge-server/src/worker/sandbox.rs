//! The walls around a child, on Linux: resource limits, Landlock for files and the network, seccomp for the rest.
//!
//! All three are entered before the first byte of media is read, and none can be left again.

use std::collections::BTreeMap;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::{Value, json};

use super::task::Task;

/// Files that a child may have open at once: its input, its outputs and their temporary names.
const MAX_OPEN_FILES: u64 = 64;

/// Locks the calling process in. There must be no other thread yet.
pub(super) fn enter(task: &Task) -> Result<(), String> {
    limit(task)?;
    wall_off_files_and_network(task).map_err(|error| format!("landlock: {error}"))?;
    allow_few_calls().map_err(|error| format!("seccomp: {error}"))
}

fn limit(task: &Task) -> Result<(), String> {
    let bounds = [
        (Resource::As, task.bounds.memory_bytes),
        (Resource::Cpu, task.bounds.cpu_seconds),
        (Resource::Fsize, task.bounds.file_bytes),
        (Resource::Nofile, MAX_OPEN_FILES),
        (Resource::Core, 0),
    ];
    for (resource, bound) in bounds {
        let limit = Rlimit { current: Some(bound), maximum: Some(bound) };
        setrlimit(resource, limit).map_err(|error| format!("{resource:?} {bound}: {error}"))?;
    }
    Ok(())
}

/// The input may be read, the output folder be used, and nothing else: no other file, no connection, no signal to
/// another process. Where the kernel knows only a part of this, that part holds.
fn wall_off_files_and_network(task: &Task) -> Result<(), Box<dyn std::error::Error>> {
    let abi = ABI::V6;
    let read = AccessFs::ReadFile;
    let write = AccessFs::from_all(abi)
        & !(AccessFs::Execute
            | AccessFs::MakeSock
            | AccessFs::MakeSym
            | AccessFs::MakeChar
            | AccessFs::MakeBlock
            | AccessFs::MakeFifo);
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new(&task.input)?, read))?
        .add_rule(PathBeneath::new(PathFd::new(&task.output)?, write))?
        .restrict_self()?;
    Ok(())
}

/// What decoding, encoding, threads and files need, as `calls.json` lists it. Everything else fails with "operation not
/// permitted": there is no socket, no new program, no other process.
fn allow_few_calls() -> Result<(), Box<dyn std::error::Error>> {
    let arch = std::env::consts::ARCH;
    let mut calls: BTreeMap<String, Vec<Value>> = serde_json::from_str(include_str!("sandbox/calls.json"))?;
    // Calls that only this architecture has.
    calls.retain(|group, _| group != "x86_64" || group == arch);
    let mut allowed: Vec<Value> = calls.into_values().flatten().map(|call| json!({ "syscall": call })).collect();
    // Threads, but no processes.
    let is_thread =
        json!({ "index": 0, "type": "qword", "op": { "masked_eq": libc::CLONE_THREAD }, "val": libc::CLONE_THREAD });
    allowed.push(json!({ "syscall": "clone", "args": [is_thread] }));
    let filters = json!({
        "no_clone3": {
            "filter": [{ "syscall": "clone3" }], "match_action": { "errno": libc::ENOSYS }, "mismatch_action": "allow",
        },
        "few_calls": { "filter": allowed, "match_action": "allow", "mismatch_action": { "errno": libc::EPERM } },
    });
    let programs = seccompiler::compile_from_json(filters.to_string().as_bytes(), arch.try_into()?)?;
    // What clone3 asks for lies in memory, where a filter cannot look; told that there is no such call, libc uses
    // clone. This filter comes first, since the next one leaves no call with which to add another.
    for name in ["no_clone3", "few_calls"] {
        seccompiler::apply_filter(&programs[name])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
