//! What every subcommand needs: sources, progress on a terminal, Ctrl-C, and a place to print.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use viralforge_core::{CancelToken, Limits, Monitor, Progress, Result, Source};

use crate::failure::Failure;

/// One run of the program.
pub(crate) struct Session {
    json: bool,
    limits: Limits,
    monitor: Monitor,
    bar: Option<ProgressBar>,
}

/// Steps of the bar: finer than any terminal is wide.
const BAR_STEPS: u64 = 1000;

impl Session {
    /// Sets Ctrl-C to cancel, and shows progress where standard error is a terminal.
    pub(crate) fn start(json: bool, limits: Limits) -> Result<Self, Failure> {
        let cancel = CancelToken::new();
        let on_signal = cancel.clone();
        ctrlc::set_handler(move || on_signal.cancel())
            .map_err(|error| Failure::Other(format!("cannot listen for Ctrl-C: {error}")))?;
        let bar = io::stderr().is_terminal().then(progress_bar);
        let mut monitor = Monitor::new().with_cancel(cancel);
        if let Some(bar) = bar.clone() {
            monitor = monitor.with_progress(move |progress| show(&bar, progress));
        }
        Ok(Self { json, limits, monitor, bar })
    }

    /// Watches the calls of this run.
    pub(crate) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// The file to read, under the limits of this run.
    pub(crate) fn source(&self, path: &Path) -> Result<Source> {
        Ok(Source::from_path(path)?.with_limits(self.limits.clone()))
    }

    /// Takes the progress bar off the terminal, before anything else is printed.
    pub(crate) fn clear_progress(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Prints the report: as JSON where that was asked for, else as `text` lays it out.
    pub(crate) fn print(&self, report: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        self.print_as(report, true, text)
    }

    /// As [`print`](Self::print), for a report that is mostly numbers: its JSON is one line.
    pub(crate) fn print_bulk(&self, report: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        self.print_as(report, false, text)
    }

    /// Prints a line while the work goes on: JSON where that was asked for, else `text`.
    pub(crate) fn print_line(&self, report: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        let print = || self.print_text(report, false, text);
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn print_as(&self, report: &impl Serialize, indent: bool, text: impl FnOnce() -> String) -> Result<(), Failure> {
        self.clear_progress();
        self.print_text(report, indent, text)
    }

    fn print_text(&self, report: &impl Serialize, indent: bool, text: impl FnOnce() -> String) -> Result<(), Failure> {
        let printed = match (self.json, indent) {
            (true, true) => serde_json::to_string_pretty(report),
            (true, false) => serde_json::to_string(report),
            (false, _) => Ok(text()),
        };
        let printed = printed.map_err(|error| Failure::Other(format!("the report cannot be printed: {error}")))?;
        let mut out = io::stdout().lock();
        writeln!(out, "{}", printed.trim_end()).and_then(|()| out.flush()).map_err(Failure::Output)
    }
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(BAR_STEPS), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{prefix:>10} [{bar:32}] {percent:>3} %  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_prefix(progress.stage.name());
    bar.set_message(progress.eta.map(left).unwrap_or_default());
    bar.set_position((progress.fraction * BAR_STEPS as f64) as u64);
}

fn left(eta: Duration) -> String {
    let seconds = eta.as_secs_f64().ceil() as u64;
    if seconds < 60 { format!("{seconds} s left") } else { format!("{}:{:02} min left", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_rounded_up() {
        assert_eq!(left(Duration::from_millis(1200)), "2 s left");
        assert_eq!(left(Duration::from_secs(125)), "2:05 min left");
    }
}
