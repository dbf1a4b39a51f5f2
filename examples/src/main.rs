//! The `viralforge` command line: every verb of the library as a subcommand, and `clips`, the whole job.
//!
//! A file a subcommand in [`command`]; [`session`] is what they share (sources, progress, Ctrl-C, printing),
//! [`failure`] turns errors into a line and an exit status, and [`page`] writes what `clips` shows in a browser.

mod address;
mod command;
mod failure;
mod folder;
mod limits;
mod page;
mod parse;
mod session;
mod table;
mod units;
mod words;

#[cfg(test)]
mod parity;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use command::Command;
use failure::{Failure, one_line};
use session::Session;

/// Turns videos into clips for TikTok, Reels, Shorts and YouTube.
#[derive(Parser)]
#[command(name = "viralforge", version, max_term_width = 110, after_help = AFTER_HELP)]
struct Cli {
    /// Print the report as JSON on standard output, and nothing else.
    #[arg(long, global = true)]
    json: bool,

    /// Change a limit for reading, such as max_duration_seconds=3600; `viralforge schema` lists them. May be repeated.
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    limit: Vec<String>,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  viralforge clips talk.mp4 -o clips        ready clips, and clips/index.html to look at
  viralforge probe talk.mp4                 what is in a file
  viralforge scenes talk.mp4 --json         the same report for a script

Times are seconds (83.5) or a clock (1:23.5). Zero is the first frame.
Exit status: 0 done, 2 wrong usage, 3 the input was rejected, is malformed or
not supported, lacks a track or is over a limit, 4 reading or writing failed, 5 anything else,
130 interrupted. An error is one line on standard error.";

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let session = match limits::read(&cli.limit).and_then(|limits| Session::start(cli.json, limits)) {
        Ok(session) => session,
        Err(failure) => return fail(&failure),
    };
    let outcome = cli.command.run(&session);
    session.clear_progress();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough, as `head` does.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    // With standard error gone, the exit status still tells.
    let _ = writeln!(io::stderr(), "viralforge: {}", one_line(failure));
    ExitCode::from(failure.exit_status())
}

/// Help and version go to standard output as they are; a mistake becomes one line.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(failure::USAGE)
        }
        _ => fail(&Failure::Usage(failure::usage_line(&error.render().to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_subcommand_shows_an_example() {
        for sub in Cli::command().get_subcommands().filter(|s| s.get_name() != "help") {
            let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("viralforge {} ", sub.get_name())), "{}", sub.get_name());
        }
    }
}
