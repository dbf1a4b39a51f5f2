//! Writes what the models see of labelled clips, for `train.py` to fit their weights.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::evidence::{EvidenceWindow, View};
use super::features::{FeatureWindow, SPANS_MS};
use super::standard::SMALL_SIDE;
use crate::error::Result;
use crate::media::{Look, Picture, PictureReader, PictureRequest, Seen, Unneeded};
use crate::monitor::Monitor;
use crate::picture::SmallPicture;
use crate::source::Source;

/// Makes pictures small.
struct Small;

impl Look for Small {
    type Value = SmallPicture;

    fn look(&self, mut picture: Picture) -> Result<SmallPicture> {
        picture.small(SMALL_SIDE)
    }

    fn between(&self, from: &SmallPicture, to: &SmallPicture, share: f64) -> SmallPicture {
        from.between(to, share)
    }
}

/// For each clip `NAME` a file `NAME.inputs` of little-endian floats, a row a frame: time in seconds, whether it may
/// be a cut, the inputs of the cut model, and for each span the inputs of the gradual model, first and last frame of
/// the extent (-1 where no gradual change is possible).
#[test]
#[ignore = "a tool: TRAINING_CLIPS names a folder of clips, TRAINING_OUT where to write, TRAINING_MODE how to decode"]
fn write_inputs() {
    let clips = PathBuf::from(std::env::var_os("TRAINING_CLIPS").expect("TRAINING_CLIPS"));
    let out = PathBuf::from(std::env::var_os("TRAINING_OUT").expect("TRAINING_OUT"));
    let unneeded = match std::env::var("TRAINING_MODE").as_deref() {
        Ok("accurate") => Unneeded::Decoded,
        _ => Unneeded::WhereNotAlike,
    };
    for entry in std::fs::read_dir(clips).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() || path.extension().is_some_and(|e| e == "json") {
            continue;
        }
        let source = Source::from_path(&path).unwrap();
        let name = out.join(path.file_stem().unwrap()).with_extension("inputs");
        let mut file = BufWriter::new(std::fs::File::create(name).unwrap());
        let mut write = |view: &View<'_>| {
            let mut row = vec![view.row().time.as_seconds_f64() as f32, f32::from(u8::from(view.may_be_cut()))];
            row.extend(view.cut_inputs());
            for span in 0..SPANS_MS.len() {
                row.extend(view.gradual_inputs(span));
                let extent = view.extent(span);
                match view.may_be_gradual(span) {
                    true => row.extend([extent.first as f32, extent.last as f32]),
                    false => row.extend([-1.0, -1.0]),
                }
            }
            for value in row {
                file.write_all(&value.to_le_bytes()).unwrap();
            }
        };
        let (mut features, mut evidence) = (FeatureWindow::default(), EvidenceWindow::default());
        let request = PictureRequest { skip_loop_filter: true, unneeded, ..PictureRequest::default() };
        let mut take = |seen: Seen<SmallPicture>| {
            features.push(seen.time, &seen.value, |row| evidence.push(row, &mut write));
            Ok(())
        };
        let reader = PictureReader::open(&source, &request, &Monitor::new()).unwrap();
        if let Err(error) = reader.run(&Small, &mut |_| {}, &mut take) {
            eprintln!("{}: {error}", path.display());
        }
        features.finish(|row| evidence.push(row, &mut write));
        evidence.finish(&mut write);
    }
}
