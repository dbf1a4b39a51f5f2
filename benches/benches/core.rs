//! `make bench`: the library's public calls on the demo video.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use viralforge_core::{
    LoudnessOptions, Monitor, Output, RenderPlan, SceneOptions, Source, Speed, TimeRange, Timestamp, UploadPolicy,
    ValidationDepth, Verdict, detect_scenes, measure_loudness, probe, render, validate_upload,
};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/demo/sintel-trailer-720p-52s.mp4");

/// Exact time must not cost what floats would save: an hour of NTSC frames, added up and counted back.
fn time(criterion: &mut Criterion) {
    let frame = Timestamp::new(1001, 30000);
    criterion.bench_function("time: add up an hour of frames", |bencher| {
        bencher.iter(|| (0..107_892).fold(Timestamp::ZERO, |sum, _| black_box(sum + frame)));
    });
    let moments: Vec<_> = (0..107_892).map(|n| Timestamp::from_units(n, 1001, 30000)).collect();
    criterion.bench_function("time: an hour of frames in ticks of 1/90000 s", |bencher| {
        bencher.iter(|| moments.iter().map(|moment| moment.to_units(1, 90_000)).sum::<i64>());
    });
}

fn demo() -> Source {
    assert!(Path::new(DEMO).exists(), "the demo video is part of the repository: {DEMO}");
    Source::from_path(DEMO).unwrap_or_else(|error| unreachable!("{error}"))
}

fn probing(criterion: &mut Criterion) {
    let source = demo();
    criterion.bench_function("probe: demo video", |bencher| {
        bencher.iter(|| assert!(probe(black_box(&source), &Monitor::new()).is_ok()));
    });
}

/// The demo video with so much media data behind its own that the file has 100 MB.
fn hundred_megabytes() -> Vec<u8> {
    const WHOLE: usize = 100_000_000;
    let mut file = std::fs::read(DEMO).unwrap_or_default();
    let mut at = 0;
    while let Some(head) = file.get(at..at + 8) {
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if &head[4..] == b"mdat" {
            let more = WHOLE - file.len();
            file[at..at + 4].copy_from_slice(&((size + more) as u32).to_be_bytes());
            file.splice(at + size..at + size, std::iter::repeat_n(0, more));
            return file;
        }
        at += size.max(8);
    }
    unreachable!("the demo video has media data")
}

/// The first two depths of the gate, which seek and do not read the whole file.
fn validating(criterion: &mut Criterion) {
    let source = Source::from_bytes("upload", hundred_megabytes());
    for (name, depth) in [("signature", ValidationDepth::Signature), ("structure", ValidationDepth::Structure)] {
        let policy = UploadPolicy::video().with_depth(depth);
        criterion.bench_function(&format!("validate: {name} of 100 MB"), |bencher| {
            bencher.iter(|| {
                let report = validate_upload(black_box(&source), &policy, &Monitor::new());
                assert!(report.is_ok_and(|report| report.verdict != Verdict::Reject));
            });
        });
    }
}

/// The whole of the demo video, 52 s of 720p: mostly decoding.
fn analyzing(criterion: &mut Criterion) {
    let source = demo();
    let mut group = criterion.benchmark_group("analyze");
    group.sample_size(10);
    group.bench_function("scenes of the demo video", |bencher| {
        bencher.iter(|| assert!(detect_scenes(&source, &SceneOptions::default(), &Monitor::new()).is_ok()));
    });
    group.bench_function("loudness of the demo video", |bencher| {
        bencher.iter(|| assert!(measure_loudness(&source, &LoudnessOptions::default(), &Monitor::new()).is_ok()));
    });
    group.finish();
}

/// Two seconds of 720p, decoded and encoded.
fn rendering(criterion: &mut Criterion) {
    let source = demo();
    let Some(range) = TimeRange::new(Timestamp::new(12, 1), Timestamp::new(14, 1)) else { return };
    let plan = RenderPlan::clip(range).with_speed(Speed::Veryfast);
    let mut group = criterion.benchmark_group("render");
    group.sample_size(10);
    group.bench_function("2 s of the demo video", |bencher| {
        bencher.iter(|| {
            let output = Output::to_writer("memory", std::io::sink());
            assert!(render(&source, &output, &plan, &Monitor::new()).is_ok());
        });
    });
    group.finish();
}

criterion_group!(benches, time, probing, validating, analyzing, rendering);
criterion_main!(benches);
