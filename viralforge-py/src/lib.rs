//! The native module of the Python package `viralforge`: sources, outputs, errors and jobs in Python's terms around
//! the verbs of `viralforge-core`. Options come in and reports go out as JSON, heavy values as arrays and bytes; the
//! package in `python/viralforge` gives both their types, their defaults and their documentation.

mod analysis;
mod array;
mod call;
mod cancel;
mod error;
mod file;
mod frame;
mod guard;
mod inspector;
mod job;
mod json;
mod output;
mod plan;
mod scene;
mod source;
mod spin;
mod verbs;
mod waveform;
mod worker;

/// The private half of `viralforge`: use the package, whose functions document and check what these take for granted.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name that Python gives it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    use crate::analysis::{Analysis, analyze, plan_reframe, suggest_clips};
    #[pymodule_export]
    use crate::cancel::CancelToken;
    #[pymodule_export]
    use crate::frame::{extract_frames, extract_thumbnails, make_storyboard};
    #[pymodule_export]
    use crate::inspector::UploadInspector;
    #[pymodule_export]
    use crate::plan::{
        ReframePlan, best_stream, center_reframe, check_render_plan, clip_file_name, parse_transcript, plan_render,
        schema, storyboard_web_vtt, upload_policy, words_in,
    };
    #[pymodule_export]
    use crate::scene::{make_scene_sheet, split_scenes, write_scene_statistics, write_scenes};
    #[pymodule_export]
    use crate::source::Source;
    #[pymodule_export]
    use crate::verbs::{
        detect_scenes, detect_silence, measure_loudness, probe, render, sanitize_upload, transcode, validate_upload,
    };
    #[pymodule_export]
    use crate::waveform::{analyze_waveform, waveform_extremes, write_waveform};
}
