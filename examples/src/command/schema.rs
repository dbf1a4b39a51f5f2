//! `viralforge schema`

use clap::Args;
use viralforge_core::schema;

use crate::failure::Failure;
use crate::session::Session;

/// Describe every verb, option, default, limit, report and error code as JSON Schema.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge schema > viralforge.json
  viralforge schema | jq '.verbs[] | select(.name == \"transcode\").options.properties'")]
pub(crate) struct Schema {}

impl Schema {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let document = schema();
        // It is data either way.
        session.print(&document, || format!("{document:#}"))
    }
}
