//! `make bench`: the library's public calls on the demo video.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use viralforge_core::{
    LoudnessOptions, Monitor, Output, RenderPlan, SceneOptions, Source, Speed, TimeRange, Timestamp, detect_scenes,
    measure_loudness, probe, render,
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

criterion_group!(benches, time, probing, analyzing, rendering);
criterion_main!(benches);
