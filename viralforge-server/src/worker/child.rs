//! The child's side: lock oneself in, do the work, say how it went.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;
use viralforge_core::{Error, Monitor, Source};

use super::kinds::{VALIDATION, prepare};
use super::task::{Line, Made, Outcome, Task};

/// The file of the report.
const REPORT: &str = "report.json";

/// How far a child stands back behind the host (nice(2)).
const NICE: i32 = 10;

/// Why it cannot be done: the library's code, and a message.
type Failure = (&'static str, String);

/// Runs as a child: one task from standard input, lines to standard output.
pub(crate) fn main() -> ExitCode {
    let line = run().map_or_else(|(code, message)| Line::Failed { code: code.to_owned(), message }, Line::Done);
    let said = say(&line);
    if said.is_ok() && matches!(line, Line::Done(_)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run() -> Result<Outcome, Failure> {
    let mut text = String::new();
    io::stdin().lock().read_line(&mut text).map_err(|error| ("io", format!("no task: {error}")))?;
    let task: Task =
        serde_json::from_str(&text).map_err(|error| ("backend", format!("the task cannot be read: {error}")))?;
    #[cfg(target_os = "linux")]
    end_with_host(&task).map_err(|error| ("backend", error))?;
    // Media work takes all that it gets; whoever waits for an answer goes first.
    let _ = rustix::process::nice(NICE);
    #[cfg(target_os = "linux")]
    super::sandbox::enter(&task).map_err(|error| ("backend", format!("the sandbox cannot be entered: {error}")))?;
    let monitor = Monitor::new().with_progress(|progress| {
        // Whoever is gone does not listen; the work ends with the process.
        let _ = say(&Line::Progress(serde_json::to_value(progress).unwrap_or(Value::Null)));
    });
    work(&task, &monitor).map_err(|error| (error.code(), without_folders(&error.to_string(), &task)))
}

/// Has the kernel end this process together with the host: nobody would ever read the result.
#[cfg(target_os = "linux")]
fn end_with_host(task: &Task) -> Result<(), String> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| format!("prctl: {error}"))?;
    // It may have died before it could be noticed.
    let parent = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if parent == Some(task.host_pid) { Ok(()) } else { Err("the host is gone".to_owned()) }
}

fn work(task: &Task, monitor: &Monitor) -> Result<Outcome, Error> {
    let source = Source::from_path(&task.input)?.with_limits(task.limits.clone());
    let mut outcome = prepare(&task.kind, &task.options)?(&source, &task.output, monitor)?;
    // The report lies beside what was made. Only a verdict goes to the host, which keeps it with the asset.
    if task.kind != VALIDATION {
        write(&task.output, REPORT, outcome.report.take().to_string().as_bytes())?;
        outcome.files.push(Made::new(REPORT, "application/json"));
    }
    Ok(outcome)
}

pub(super) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(folder.join(name), bytes).map_err(|source| Error::Io { input: name.to_owned(), source })
}

pub(super) fn to_json(report: &impl serde::Serialize) -> Result<Value, Error> {
    serde_json::to_value(report)
        .map_err(|error| Error::Backend { input: "report".to_owned(), problem: error.to_string() })
}

pub(super) fn say(line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A message as clients may read it: where this machine keeps its files is none of their business.
fn without_folders(message: &str, task: &Task) -> String {
    let output = format!("{}/", task.output.display());
    message.replace(&output, "").replace(&task.input.display().to_string(), "the upload")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_names_no_folder_of_this_machine() {
        let task: Task = serde_json::from_value(json!({
            "kind": "analyze", "options": null,
            "input": "/data/scratch/a/job-1/input", "output": "/data/scratch/a/job-1/output",
            "limits": viralforge_core::Limits::default(),
            "bounds": { "memory_bytes": 1, "cpu_seconds": 1, "file_bytes": 1 }, "host_pid": 1,
        }))
        .unwrap();
        let said = without_folders("/data/scratch/a/job-1/output/clip-1.mp4: encoding: no", &task);
        assert_eq!(said, "clip-1.mp4: encoding: no");
        assert_eq!(without_folders("/data/scratch/a/job-1/input: cut short", &task), "the upload: cut short");
    }
}
