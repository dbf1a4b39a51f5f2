//! `--scenes`: what was found before, or is found now.

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{Monitor, SceneOptions, SceneReport, Source, detect_scenes};

use crate::failure::Failure;
use crate::parse;

/// The scenes of a video.
#[derive(Args)]
pub(super) struct KnownScenes {
    /// The scenes: a report that `viralforge scenes --json` printed [default: found as `viralforge scenes` finds them].
    #[arg(long, value_name = "REPORT.json")]
    scenes: Option<PathBuf>,
}

impl KnownScenes {
    /// Reads the report, or makes it, which takes `share` of the work: 0 to 1. Returns who watches the rest, too.
    pub(super) fn find(
        &self,
        source: &Source,
        monitor: &Monitor,
        share: f64,
    ) -> Result<(SceneReport, Monitor), Failure> {
        match &self.scenes {
            Some(path) => Ok((parse::json_file(path)?, monitor.clone())),
            None => {
                let report = detect_scenes(source, &SceneOptions::default(), &monitor.part(0.0, share))?;
                Ok((report, monitor.part(share, 1.0)))
            }
        }
    }
}
