//! What was measured of each frame: the options of `write_scene_statistics`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use viralforge_core::{Output, SceneReport, StatisticsFormat, WriteStatisticsOptions, write_scene_statistics};

use crate::command::refuse_source;
use crate::failure::Failure;

/// Where to write what was measured, and how to draw it.
#[derive(Args)]
#[command(next_help_heading = "Measures of each frame")]
pub(super) struct Statistics {
    /// Also write what was measured of each frame: .csv, or a plot as .svg or .png. The JSON report has it then too.
    #[arg(long, value_name = "OUT")]
    statistics: Option<PathBuf>,

    /// What to write: csv, svg or png [default: what the name says].
    #[arg(long, value_name = "FORMAT", requires = "statistics", value_parser = parse_format)]
    statistics_format: Option<StatisticsFormat>,

    /// Width of the plot in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = WriteStatisticsOptions::default().width)]
    statistics_width: u32,

    /// Height of the panel of one measure in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = WriteStatisticsOptions::default().panel_height)]
    statistics_panel_height: u32,
}

/// A table or plot to write.
pub(super) struct Plot {
    path: PathBuf,
    options: WriteStatisticsOptions,
}

impl Statistics {
    pub(super) fn wanted(&self) -> bool {
        self.statistics.is_some()
    }

    /// Where to write what, if at all.
    pub(super) fn output(&self, file: &Path) -> Result<Option<Plot>, Failure> {
        let Some(path) = self.statistics.clone() else { return Ok(None) };
        refuse_source(&path, file)?;
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let format = self.statistics_format.map_or_else(|| parse_format(&extension), Ok);
        let format = format.map_err(|known| Failure::Usage(format!("{}: {known}", path.display())))?;
        let options = WriteStatisticsOptions::default()
            .with_format(format)
            .with_width(self.statistics_width)
            .with_panel_height(self.statistics_panel_height);
        // Sizes out of range are refused whatever there is to draw.
        write_scene_statistics(&Default::default(), &Output::to_writer("statistics", io::sink()), &options)?;
        Ok(Some(Plot { path, options }))
    }
}

impl Plot {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn write(&self, report: &SceneReport) -> Result<(), Failure> {
        let Some(statistics) = &report.statistics else { return Ok(()) };
        let options = self.options.clone().with_boundaries(report.boundaries.clone());
        write_scene_statistics(statistics, &Output::to_path(&self.path), &options)?;
        Ok(())
    }
}

fn parse_format(text: &str) -> Result<StatisticsFormat, String> {
    StatisticsFormat::from_extension(text).ok_or_else(|| "csv, svg and png are possible".to_owned())
}
