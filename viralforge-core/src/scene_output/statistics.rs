//! Writes what was measured of each frame: a table, or a plot to see why a boundary was or was not found.

use super::plot::plot;
use super::write::{extension, publish};
use crate::error::{Error, Result};
use crate::media::encode_png;
use crate::output::Output;
use crate::scene::{Boundary, SceneStatistics};

/// What statistics may be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum StatisticsFormat {
    /// A row a frame: `frame`, `time_seconds`, and a column for each measure.
    Csv,
    /// A plot that scales: a panel for each measure over time, its threshold, and the boundaries.
    Svg,
    /// The same in pixels.
    Png,
}

impl StatisticsFormat {
    /// The format of that file extension, in any case; `None` where it is none of these.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }
}

/// How to write statistics.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct WriteStatisticsOptions {
    /// As what. Default: what the output's extension says.
    pub format: Option<StatisticsFormat>,
    /// Width of a plot in pixels, 320 to 16,384. Default: 1600.
    pub width: u32,
    /// Height of the panel of one measure in pixels, 40 to 2,000. The plot as a whole may have 16,384. Default: 140.
    pub panel_height: u32,
    /// Boundaries to mark in a plot: those of the report that the statistics came with. Default: none.
    pub boundaries: Vec<Boundary>,
}

impl Default for WriteStatisticsOptions {
    fn default() -> Self {
        Self { format: None, width: 1600, panel_height: 140, boundaries: Vec::new() }
    }
}

/// Largest side of a plot in pixels.
const MAX_SIDE: u32 = 16_384;

impl WriteStatisticsOptions {
    /// Sets [`format`](Self::format).
    #[must_use]
    pub fn with_format(mut self, format: StatisticsFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets [`width`](Self::width).
    #[must_use]
    pub fn with_width(mut self, width: u32) -> Self {
        self.width = width;
        self
    }

    /// Sets [`panel_height`](Self::panel_height).
    #[must_use]
    pub fn with_panel_height(mut self, panel_height: u32) -> Self {
        self.panel_height = panel_height;
        self
    }

    /// Sets [`boundaries`](Self::boundaries).
    #[must_use]
    pub fn with_boundaries(mut self, boundaries: impl Into<Vec<Boundary>>) -> Self {
        self.boundaries = boundaries.into();
        self
    }

    fn check(&self) -> Result<()> {
        for (name, value, least, most) in
            [("width", self.width, 320, MAX_SIDE), ("panel_height", self.panel_height, 40, 2000)]
        {
            if !(least..=most).contains(&value) {
                return Err(Error::invalid_option(name, format!("{value} is not in {least}..={most}")));
            }
        }
        Ok(())
    }
}

/// Writes the statistics of [`detect_scenes`](crate::detect_scenes) as a table or as a plot, and returns the number of
/// bytes.
///
/// # Errors
/// `invalid_option` where neither the options nor the output's extension name a format, a size is out of range, the
/// panels do not fit on one plot, or the columns are not all of the same length; `io` where writing fails.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn main() -> Result<()> {
/// let source = Source::from_path("talk.mp4")?;
/// let report = detect_scenes(&source, &SceneOptions::default().with_statistics(true), &Monitor::new())?;
/// if let Some(statistics) = &report.statistics {
///     let options = WriteStatisticsOptions::default().with_boundaries(report.boundaries.clone());
///     write_scene_statistics(statistics, &Output::to_path("talk-scenes.svg"), &options)?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn write_scene_statistics(
    statistics: &SceneStatistics,
    output: &Output,
    options: &WriteStatisticsOptions,
) -> Result<u64> {
    options.check()?;
    let format = options.format.or_else(|| extension(output).and_then(StatisticsFormat::from_extension));
    let format =
        format.ok_or_else(|| Error::invalid_option("format", format!("{:?} is not csv, svg or png", output.name())))?;
    let rows = statistics.frames.len();
    let lengths = statistics.columns.iter().map(|column| (column.name.as_str(), column.values.len()));
    for (name, length) in lengths.chain([("times_seconds", statistics.times_seconds.len())]) {
        if length != rows {
            let problem = format!("have {length} values of {name:?} for {rows} frames");
            return Err(Error::invalid_option("statistics", problem));
        }
    }
    let drawing = || {
        let drawing = plot(statistics, options);
        let height = drawing.size.height;
        if height > MAX_SIDE {
            let problem = format!("{} makes a plot {height} pixels high, more than {MAX_SIDE}", options.panel_height);
            return Err(Error::invalid_option("panel_height", problem));
        }
        Ok(drawing)
    };
    let bytes = match format {
        StatisticsFormat::Csv => csv(statistics)?,
        StatisticsFormat::Svg => {
            drawing()?.to_svg("scene statistics").map_err(|error| Error::backend(output.name(), error))?
        }
        StatisticsFormat::Png => encode_png(&drawing()?.to_rgb())?,
    };
    publish(output, &bytes)
}

fn csv(statistics: &SceneStatistics) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| Error::backend("CSV", error);
    let mut table = csv::Writer::from_writer(Vec::new());
    let titles = ["frame", "time_seconds"].into_iter().chain(statistics.columns.iter().map(|c| c.name.as_str()));
    table.write_record(titles).map_err(failed)?;
    for (i, (frame, time)) in statistics.frames.iter().zip(&statistics.times_seconds).enumerate() {
        let values = statistics.columns.iter().filter_map(|column| column.values.get(i)).map(f32::to_string);
        table.write_record([frame.to_string(), time.to_string()].into_iter().chain(values)).map_err(failed)?;
    }
    table.into_inner().map_err(|error| Error::backend("CSV", error.error()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::scene::StatisticsColumn;

    /// 100 frames at 25 a second, with a jump in one measure at frame 50.
    pub(crate) fn statistics() -> SceneStatistics {
        let column = |name: &str, threshold, value: fn(usize) -> f32| StatisticsColumn {
            name: name.to_owned(),
            threshold,
            values: (0..100).map(value).collect(),
        };
        let frames = 0..100;
        let times_seconds = frames.clone().map(|frame| frame as f64 / 25.0).collect();
        let columns = vec![
            column("cut_probability", Some(0.5), |i| if i == 50 { 0.9 } else { 0.1 }),
            column("mean, \"luma\"", None, |i| i as f32),
        ];
        SceneStatistics { frames: frames.collect(), times_seconds, columns }
    }

    fn write(name: &str, options: &WriteStatisticsOptions) -> Result<Vec<u8>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        write_scene_statistics(&statistics(), &Output::to_path(&path), options)?;
        Ok(std::fs::read(path).unwrap())
    }

    #[test]
    fn the_table_has_a_row_a_frame_and_quotes_names() {
        let text = String::from_utf8(write("a.csv", &WriteStatisticsOptions::default()).unwrap()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "frame,time_seconds,cut_probability,\"mean, \"\"luma\"\"\"");
        assert_eq!((lines[1], lines[51], lines.len()), ("0,0,0.1,0", "50,2,0.9,50", 101));
    }

    #[test]
    fn plots_have_the_size_that_was_asked_for() {
        let options = WriteStatisticsOptions::default().with_width(640).with_panel_height(80);
        let png = write("a.PNG", &options).unwrap();
        let picture = crate::media::decode_image("a", &png, &crate::Limits::default()).unwrap();
        assert_eq!(picture.size.width, 640);
        assert!(write("a.svg", &options).unwrap().starts_with(b"<svg xmlns="));
        for wrong in [options.clone().with_width(100), options.clone().with_panel_height(0)] {
            assert_eq!(write("a.svg", &wrong).unwrap_err().code(), "invalid_option");
        }
        assert_eq!(write("a.txt", &options).unwrap_err().code(), "invalid_option");
    }

    #[test]
    fn columns_of_another_length_are_refused() {
        let mut short = statistics();
        short.columns[0].values.pop();
        let output = Output::to_writer("a.csv", std::io::sink());
        let options = WriteStatisticsOptions::default().with_format(StatisticsFormat::Csv);
        let error = write_scene_statistics(&short, &output, &options).unwrap_err();
        assert_eq!(error.to_string(), "statistics have 99 values of \"cut_probability\" for 100 frames");
    }
}
