//! What was measured of each frame, for people who want to see why a boundary was or was not found.

/// What a method measured of each frame: a table of columns.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SceneStatistics {
    /// Number of each frame, counted from 0 (the first that was analyzed) in order of presentation.
    pub frames: Vec<u64>,
    /// When each frame is shown, in seconds.
    pub times_seconds: Vec<f64>,
    /// One column for each measure; each has as many values as there are frames.
    pub columns: Vec<StatisticsColumn>,
}

/// One measure of every frame.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StatisticsColumn {
    /// What it measures, for example `cut_probability` or `content_val`.
    pub name: String,
    /// Where the method draws the line between one shot and a boundary, where it has one for this measure.
    pub threshold: Option<f32>,
    /// One value a frame.
    pub values: Vec<f32>,
}

impl StatisticsColumn {
    /// A column without values yet.
    pub(super) fn new(name: &str, threshold: Option<f32>) -> Self {
        Self { name: name.to_owned(), threshold, values: Vec::new() }
    }
}

impl SceneStatistics {
    /// A table without rows yet.
    pub(super) fn with_columns(columns: impl IntoIterator<Item = (&'static str, Option<f32>)>) -> Self {
        let columns = columns.into_iter().map(|(name, threshold)| StatisticsColumn::new(name, threshold)).collect();
        Self { columns, ..Self::default() }
    }

    /// Adds one frame: its number, its time, and a value for each column.
    pub(super) fn push(&mut self, frame: u64, time_seconds: f64, values: &[f32]) {
        self.frames.push(frame);
        self.times_seconds.push(time_seconds);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.values.push(*value);
        }
    }
}
