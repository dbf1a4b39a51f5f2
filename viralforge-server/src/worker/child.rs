//! The child's side: lock oneself in, do the work, say how it went.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use viralforge_core::{Error, Monitor, Output, Source, TranscodeOptions, analyze, transcode, validate_upload};

use super::task::{Line, Made, Outcome, Task, VideoRequest, Work};
use super::{clips, thumbnails, verbs};

/// The file of the report.
const REPORT: &str = "report.json";

/// How far a child stands back behind the host (nice(2)).
const NICE: i32 = 10;

/// Runs as a child: one task from standard input, lines to standard output.
pub(crate) fn main() -> ExitCode {
    let mut text = String::new();
    if let Err(error) = io::stdin().lock().read_line(&mut text) {
        return say_failure("io", &format!("no task: {error}"));
    }
    let task: Task = match serde_json::from_str(&text) {
        Ok(task) => task,
        Err(error) => return say_failure("backend", &format!("the task cannot be read: {error}")),
    };
    #[cfg(target_os = "linux")]
    if let Err(error) = end_with_host(&task) {
        return say_failure("backend", &error);
    }
    // Media work takes all that it gets; whoever waits for an answer goes first.
    let _ = rustix::process::nice(NICE);
    #[cfg(target_os = "linux")]
    if let Err(error) = super::sandbox::enter(&task) {
        return say_failure("backend", &format!("the sandbox cannot be entered: {error}"));
    }
    let monitor = Monitor::new().with_progress(|progress| {
        // Whoever is gone does not listen; the work ends with the process.
        let _ = say(&Line::Progress(serde_json::to_value(progress).unwrap_or(Value::Null)));
    });
    match work(&task, &monitor).and_then(|outcome| keep_report(&task, outcome)) {
        Ok(outcome) => match say(&Line::Done(outcome)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => say_failure(error.code(), &without_folders(&error.to_string(), &task)),
    }
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
    match &task.work {
        Work::Validation { policy } => {
            let report = validate_upload(&source, policy, monitor)?;
            Ok(Outcome { report: to_json(&report)?, files: Vec::new() })
        }
        Work::VideoProcessing(request) => video(&source, request, &task.output, monitor),
        Work::ClipGeneration(request) => clips::make(&source, request, &task.output, monitor),
        Work::ThumbnailGeneration(request) => thumbnails::make(&source, request, &task.output, monitor),
        Work::Analysis { options } => {
            let analysis = analyze(&source, options, monitor)?;
            write(&task.output, "analysis.json", to_json(&analysis)?.to_string().as_bytes())?;
            Ok(Outcome {
                report: to_json(&analysis.media)?,
                files: vec![Made::new("analysis.json", "application/json")],
            })
        }
        Work::Verb { name, options } => verbs::prepare(name, options)?(&source, &task.output, monitor),
    }
}

/// Writes the report beside what was made. Only a verdict goes to the host, which keeps it with the asset.
fn keep_report(task: &Task, mut outcome: Outcome) -> Result<Outcome, Error> {
    if !matches!(task.work, Work::Validation { .. }) {
        write(&task.output, REPORT, outcome.report.take().to_string().as_bytes())?;
        outcome.files.push(Made::new(REPORT, "application/json"));
    }
    Ok(outcome)
}

fn video(source: &Source, request: &VideoRequest, folder: &Path, monitor: &Monitor) -> Result<Outcome, Error> {
    let named = |preset: &viralforge_core::Preset| {
        (format!("video-{preset}.mp4"), request.transcode.clone().with_preset(*preset))
    };
    let mut jobs: Vec<(String, TranscodeOptions)> = request.to.iter().map(named).collect();
    if jobs.is_empty() {
        jobs.push(("video.mp4".to_owned(), request.transcode.clone()));
    }
    let share = 1.0 / jobs.len() as f64;
    let mut outcome = Outcome::default();
    let mut reports = Vec::new();
    for (done, (name, options)) in jobs.into_iter().enumerate() {
        let part = monitor.part(done as f64 * share, (done + 1) as f64 * share);
        let mut report = transcode(source, &Output::to_path(folder.join(&name)), &options, &part)?;
        report.output.clone_from(&name);
        reports.push(to_json(&report)?);
        outcome.files.push(Made::new(name, "video/mp4"));
    }
    outcome.report = json!({ "videos": reports });
    Ok(outcome)
}

pub(super) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(folder.join(name), bytes).map_err(|source| Error::Io { input: name.to_owned(), source })
}

pub(super) fn to_json(report: &impl serde::Serialize) -> Result<Value, Error> {
    serde_json::to_value(report)
        .map_err(|error| Error::Backend { input: "report".to_owned(), problem: error.to_string() })
}

fn say(line: &Line) -> io::Result<()> {
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

fn say_failure(code: &str, message: &str) -> ExitCode {
    let _ = say(&Line::Failed { code: code.to_owned(), message: message.to_owned() });
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_no_folder_of_this_machine() {
        let task: Task = serde_json::from_value(json!({
            "work": { "kind": "analysis", "options": viralforge_core::AnalysisOptions::all() },
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
