//! The subcommands, a file each.

mod probe;
mod transcode;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Probe(probe::Probe),
    Transcode(transcode::Transcode),
}

impl Command {
    /// Does it.
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Probe(command) => command.run(session),
            Self::Transcode(command) => command.run(session),
        }
    }
}
