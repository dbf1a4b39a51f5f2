//! How scenes are looked for: the options of `detect_scenes`.

use std::time::Duration;

use clap::Args;
use viralforge_core::{BoundaryKind, SceneMethod, SceneMode, SceneOptions};

use super::method;
use crate::command::stretch::Stretch;
use crate::failure::Failure;
use crate::parse;

/// What counts as a boundary between scenes, and how hard to look for it.
#[derive(Args)]
pub(super) struct Detection {
    /// How boundaries are found: standard, or a detector of PySceneDetect by its name with its parameters: content,
    /// adaptive, histogram, hash or fade_threshold, such as content:threshold=30,weights.delta_edges=1
    /// [default: standard].
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = method::parse)]
    method: Option<SceneMethod>,

    /// How sure a boundary of the standard method must be, 0 to 1: lower finds more, and is wrong more often.
    #[arg(long, value_name = "T", default_value_t = SceneOptions::default().threshold)]
    threshold: f64,

    /// Kinds that are reported, separated by commas: cut, dissolve, fade and wipe [default: all].
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = parse_kind)]
    kinds: Vec<BoundaryKind>,

    /// The shortest scene, in seconds; the boundary after a shorter one is dropped.
    #[arg(long, visible_alias = "min-seconds", value_name = "S", default_value = parse::seconds_of(SceneOptions::default().min_scene_duration), value_parser = parse::duration)]
    min_scene_duration_seconds: Duration,

    #[command(flatten)]
    stretch: Stretch,

    /// Look at every so many-th frame, 1 to 100; boundaries are told as exactly as that allows.
    #[arg(long, value_name = "N", default_value_t = SceneOptions::default().frame_step)]
    frame_step: u32,

    /// Accuracy against speed.
    #[arg(long, value_enum, default_value_t = Mode::Balanced)]
    mode: Mode,

    /// Stretches of the file that are decoded side by side, 1 to 16; the result is the same for any number [default:
    /// as many as there are cores and memory for].
    #[arg(long, value_name = "N")]
    segments: Option<u32>,
}

/// [`SceneMode`], as an argument.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Mode {
    /// Every frame is decoded.
    Accurate,
    /// Frames are passed over where nothing can happen.
    Balanced,
    /// Frames are passed over wherever that is possible; boundaries may be some frames off.
    Fast,
}

impl From<Mode> for SceneMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Accurate => Self::Accurate,
            Mode::Balanced => Self::Balanced,
            Mode::Fast => Self::Fast,
        }
    }
}

impl Detection {
    pub(super) fn options(&self) -> Result<SceneOptions, Failure> {
        let mut options = SceneOptions::default()
            .with_threshold(self.threshold)
            .with_min_scene_duration(self.min_scene_duration_seconds)
            .with_frame_step(self.frame_step)
            .with_mode(self.mode.into());
        if let Some(method) = &self.method {
            options = options.with_method(method.clone());
        }
        if !self.kinds.is_empty() {
            options = options.with_kinds(self.kinds.clone());
        }
        options.range = self.stretch.range()?;
        options.segments = self.segments;
        Ok(options)
    }
}

fn parse_kind(text: &str) -> Result<BoundaryKind, String> {
    let known = BoundaryKind::ALL.map(BoundaryKind::name).join(", ");
    BoundaryKind::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| format!("there are: {known}"))
}
