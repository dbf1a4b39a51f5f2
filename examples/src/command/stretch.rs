//! `--start` and `--end`.

use clap::Args;
use viralforge_core::{TimeRange, Timestamp};

use crate::failure::Failure;
use crate::parse;

/// A stretch of the source.
#[derive(Args)]
pub(super) struct Stretch {
    /// Begin here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    start: Option<Timestamp>,

    /// End here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    end: Option<Timestamp>,
}

impl Stretch {
    /// What was asked for; `None` for everything.
    pub(super) fn range(&self) -> Result<Option<TimeRange>, Failure> {
        parse::range(self.start, self.end)
    }
}
