//! `viralforge validate`

pub(super) mod policy;

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use viralforge_core::{Finding, Severity, UploadReport, Verdict, validate_upload};

use self::policy::Policy;
use crate::failure::{Failure, one_line};
use crate::parse;
use crate::session::Session;
use crate::table::{Align, Table};

/// Check uploads: what they really are, whether to take them, and why not.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge validate upload.bin --name 'holiday.mp4'
  viralforge validate incoming/* --json | jq -r '.[] | select(.verdict == \"reject\") | .file'
  viralforge validate cover.jpg --policy image

The exit status is 3 where at least one file is rejected; its report is printed all the same.")]
pub(crate) struct Validate {
    /// The uploads.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    policy: Policy,

    /// The name that the uploader gave it; by default the file's own. `\0` stands for a NUL byte.
    #[arg(long, visible_alias = "file-name", value_name = "UPLOAD_NAME", allow_hyphen_values = true)]
    name: Option<String>,
}

#[derive(Serialize)]
struct Checked {
    file: String,
    #[serde(flatten)]
    report: UploadReport,
}

impl Validate {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        if self.name.is_some() && self.files.len() > 1 {
            return Err(Failure::Usage("--name goes with one file only; try --help".to_owned()));
        }
        let checked = self.check_all(session)?;
        session.print(&checked, || checked.iter().map(text).collect::<Vec<_>>().join("\n"))?;
        let rejected: Vec<_> = checked.iter().filter(|c| c.report.verdict == Verdict::Reject).collect();
        match rejected.as_slice() {
            [] => Ok(()),
            [one] => Err(Failure::Rejected(format!("{}: rejected: {}", one.file, reason(&one.report)))),
            many => Err(Failure::Rejected(format!(
                "{} of {} files are rejected, {} first",
                many.len(),
                checked.len(),
                many[0].file
            ))),
        }
    }

    /// The reports of all files, in their order. As many are checked at once as there are processors: a check is of one
    /// thread.
    fn check_all(&self, session: &Session) -> Result<Vec<Checked>, Failure> {
        let all: Vec<_> = self.files.par_iter().map(|file| self.check(file, session)).collect();
        // Where one file cannot be read the others were checked all the same; which one it was is the error's to say.
        let mut checked = Vec::new();
        let mut failure = None;
        for (file, report) in self.files.iter().zip(all) {
            match report {
                Ok(report) => checked.push(Checked { file: file.display().to_string(), report }),
                Err(problem) => failure = failure.or(Some(problem)),
            }
        }
        match failure {
            None => Ok(checked),
            Some(problem) if checked.is_empty() => Err(problem),
            Some(problem) => {
                session.print(&checked, || checked.iter().map(text).collect::<Vec<_>>().join("\n"))?;
                Err(problem)
            }
        }
    }

    fn check(&self, file: &Path, session: &Session) -> Result<UploadReport, Failure> {
        let own = || file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let policy = self.policy.of_upload(self.name.as_deref().map_or_else(own, parse::upload_name))?;
        Ok(validate_upload(&session.source(file)?, &policy, session.monitor())?)
    }
}

fn reason(report: &UploadReport) -> &str {
    report.findings.iter().find(|f| f.severity == Severity::Error).map_or("see the findings", |f| f.message.as_str())
}

fn text(checked: &Checked) -> String {
    let report = &checked.report;
    let mut facts = Table::facts();
    facts.fact("verdict", verdict_name(report.verdict));
    facts.fact("type", &report.mime);
    facts.fact("safe name", &report.safe_name);
    let mut text = format!("{}\n{}", one_line(&checked.file), facts.render());
    if !report.findings.is_empty() {
        let mut findings = Table::new([
            ("severity", Align::Left),
            ("code", Align::Left),
            ("at byte", Align::Right),
            ("track", Align::Right),
            ("finding", Align::Left),
        ]);
        for finding in &report.findings {
            findings.row(cells(finding));
        }
        text.push('\n');
        text.push_str(&findings.render());
    }
    text
}

fn cells(finding: &Finding) -> [String; 5] {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "info",
    };
    let offset = finding.offset.map(|at| at.to_string()).unwrap_or_default();
    let track = finding.track.map(|track| track.to_string()).unwrap_or_default();
    [severity.to_owned(), finding.code.clone(), offset, track, finding.message.clone()]
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accept => "accept",
        Verdict::AcceptWithWarnings => "accept, with warnings",
        _ => "reject",
    }
}
