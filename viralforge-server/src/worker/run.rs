//! The host's side: start a child, follow it, and say how it ended.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::task::{Line, Outcome, Task};

/// How a child ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It did what it was asked.
    Done(Outcome),
    /// It said why it cannot: trying again would not help, unless the code is `io` or `backend`.
    Failed { code: String, message: String },
    /// It died without a word: of a signal, of a resource limit, or of a bug.
    Crashed(String),
    /// It took too long and was ended.
    TimedOut,
    /// What it takes is not there now; the host says so, not a child.
    Postponed(String),
    /// `stop` was asked for, and it was ended.
    Stopped,
}

/// Longest line that a child may write, in bytes: reports are small, and a child may be in a stranger's hands.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// Longest line that tells of a scene: a few numbers. Of these, many are held until they are told.
const MAX_SCENE_BYTES: usize = 4 << 10;
/// Lines of standard error that are kept for the log.
const KEPT_ERROR_LINES: usize = 20;

/// What a child tells while it works.
#[derive(Debug)]
pub(crate) enum Told {
    /// The library's progress.
    Progress(Value),
    /// A scene that was found.
    Scene(Value),
}

/// Runs `task` in a child, for `wall` at most, start and end included. `listen` gets what it tells; the child is ended
/// as soon as `stop` resolves.
pub(crate) async fn run(
    task: &Task,
    wall: Duration,
    listen: impl Fn(Told),
    stop: impl Future<Output = ()>,
) -> std::io::Result<Ended> {
    let mut child = spawn(task).await?;
    let followed = async {
        let line = last_line(&mut child, &listen).await?;
        let status = child.wait().await?;
        std::io::Result::Ok((line, status))
    };
    let ended = tokio::select! {
        () = stop => Ended::Stopped,
        () = tokio::time::sleep(wall) => Ended::TimedOut,
        result = followed => match result {
            Ok((line, status)) => judge(line, status),
            Err(error) => Ended::Crashed(error.to_string()),
        }
    };
    if !matches!(ended, Ended::Done(_) | Ended::Failed { .. }) {
        // It may have ended by itself.
        child.kill().await?;
    }
    if let Ended::Crashed(reason) = &ended {
        let stderr = stderr_tail(&mut child).await;
        tracing::warn!(%reason, %stderr, "a media worker died");
    }
    Ok(ended)
}

async fn spawn(task: &Task) -> std::io::Result<Child> {
    let mut text = serde_json::to_string(task)?;
    text.push('\n');
    // This very program: the host and its children are always of one version.
    let mut child = Command::new(std::env::current_exe()?)
        .arg("worker")
        .env_clear()
        .current_dir(&task.output)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that dies before it reads says why with its status.
        let _ = stdin.write_all(text.as_bytes()).await;
    }
    Ok(child)
}

/// Follows the child's lines to the last one that is an answer.
async fn last_line(child: &mut Child, listen: &impl Fn(Told)) -> std::io::Result<Option<Line>> {
    let Some(stdout) = child.stdout.take() else { return Ok(None) };
    let mut reader = BufReader::new(stdout);
    let mut answer = None;
    loop {
        let mut text = String::new();
        if (&mut reader).take(MAX_LINE_BYTES).read_line(&mut text).await? == 0 {
            return Ok(answer);
        }
        match serde_json::from_str(&text) {
            Ok(Line::Progress(progress)) => listen(Told::Progress(progress)),
            Ok(Line::Scene(scene)) if text.len() <= MAX_SCENE_BYTES => listen(Told::Scene(scene)),
            Ok(Line::Scene(_)) => return Err(std::io::Error::other("it told of a scene at great length")),
            Ok(line) => answer = Some(line),
            Err(error) => return Err(std::io::Error::other(format!("it wrote nonsense: {error}"))),
        }
    }
}

fn judge(line: Option<Line>, status: ExitStatus) -> Ended {
    match line {
        Some(Line::Done(outcome)) if status.success() => Ended::Done(outcome),
        Some(Line::Failed { code, message }) => Ended::Failed { code, message },
        _ => Ended::Crashed(match status.signal() {
            Some(libc::SIGXCPU | libc::SIGKILL) => "it used up its time or its memory".to_owned(),
            Some(libc::SIGXFSZ) => "it wrote more than it may".to_owned(),
            Some(libc::SIGABRT) => "it ran out of memory, or gave up on an impossible state".to_owned(),
            Some(signal) => format!("signal {signal}"),
            None => format!("{status} without an answer"),
        }),
    }
}

async fn stderr_tail(child: &mut Child) -> String {
    let Some(stderr) = child.stderr.take() else { return String::new() };
    let mut text = Vec::new();
    let _ = stderr.take(64 << 10).read_to_end(&mut text).await;
    let lossy = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = lossy.lines().collect();
    lines[lines.len().saturating_sub(KEPT_ERROR_LINES)..].join(" | ")
}
