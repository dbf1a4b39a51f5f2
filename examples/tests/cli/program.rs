//! Runs the real program.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viralforge"));
    command.stdin(Stdio::null());
    command
}

pub(crate) fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    let output = command().args(args).output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The report of a run that must go well, and say nothing but the report.
pub(crate) fn json<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Value {
    let mut command = command();
    command.args(args).arg("--json");
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    assert_eq!(stderr, "", "{command:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Run {
    /// The one line of the error, without the program's name.
    pub(crate) fn error(&self) -> &str {
        let line = self.stderr.strip_suffix('\n').unwrap_or(&self.stderr);
        assert!(!line.contains('\n'), "more than one line: {self:?}");
        line.strip_prefix("viralforge: ").unwrap_or_else(|| panic!("no error: {self:?}"))
    }
}
