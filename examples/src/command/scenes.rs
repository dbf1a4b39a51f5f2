//! `viralforge scenes`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use viralforge_core::{BoundaryKind, SceneMode, SceneOptions, SceneReport, detect_scenes};

use crate::failure::Failure;
use crate::parse;
use crate::session::Session;
use crate::table::{Align, Table};
use crate::units::{count, seconds};

/// Find the scenes of a video, and how each gives way to the next.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge scenes talk.mp4
  viralforge scenes talk.mp4 --json | jq '.boundaries[] | select(.kind == \"cut\")'

For a cut, both frame numbers are the first frame of the new scene. Frames count from 0 in the order shown.")]
pub(crate) struct Scenes {
    /// The video.
    file: PathBuf,

    /// How sure a boundary must be, 0 to 1: lower finds more, and is wrong more often.
    #[arg(long, value_name = "T", default_value_t = SceneOptions::default().threshold)]
    threshold: f64,

    /// Find cuts only, no dissolves, fades and wipes.
    #[arg(long)]
    no_gradual: bool,

    /// Accuracy against speed.
    #[arg(long, value_enum, default_value_t = Mode::Balanced)]
    mode: Mode,

    /// Stretches of the file that are decoded side by side; the result is the same for any number.
    #[arg(long, value_name = "N")]
    segments: Option<u32>,

    /// The shortest scene, in seconds; the boundary after a shorter one is dropped.
    #[arg(long, visible_alias = "min-seconds", value_name = "S", default_value = parse::seconds_of(SceneOptions::default().min_scene_duration), value_parser = parse::duration)]
    min_scene_duration_seconds: Duration,
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

impl Scenes {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let options = SceneOptions::default()
            .with_threshold(self.threshold)
            .with_kinds(self.kinds())
            .with_min_scene_duration(self.min_scene_duration_seconds)
            .with_mode(self.mode.into());
        let options = self.segments.map_or(options.clone(), |segments| options.with_segments(segments));
        let report = detect_scenes(&source, &options, session.monitor())?;
        session.print(&report, || text(&report))
    }
}

impl Scenes {
    fn kinds(&self) -> Vec<BoundaryKind> {
        if self.no_gradual { vec![BoundaryKind::Cut] } else { BoundaryKind::ALL.to_vec() }
    }
}

fn text(report: &SceneReport) -> String {
    let mut table = Table::new([
        ("scene", Align::Right),
        ("start", Align::Right),
        ("end", Align::Right),
        ("length", Align::Right),
        ("begins with", Align::Left),
    ]);
    for (index, scene) in report.scenes.iter().enumerate() {
        let begins = index.checked_sub(1).and_then(|i| report.boundaries.get(i)).map_or_else(String::new, |b| {
            let frames = if b.start_frame == b.end_frame {
                format!("frame {}", b.start_frame)
            } else {
                format!("frames {} to {}", b.start_frame, b.end_frame)
            };
            format!("{} at {frames} ({:.0} % sure)", kind_name(b.kind), b.confidence * 100.0)
        });
        let range = scene.range;
        table.row([
            (index + 1).to_string(),
            range.start().to_string(),
            range.end().to_string(),
            seconds(range.duration()),
            begins,
        ]);
    }
    format!("{}\n{}", count(report.scenes.len(), "scene"), table.render())
}

fn kind_name(kind: BoundaryKind) -> &'static str {
    match kind {
        BoundaryKind::Cut => "cut",
        BoundaryKind::Dissolve => "dissolve",
        BoundaryKind::Fade => "fade",
        BoundaryKind::Wipe => "wipe",
        _ => "change",
    }
}
