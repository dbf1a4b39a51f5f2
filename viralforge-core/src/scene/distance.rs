//! How far two frames are apart.

use super::frame::Frame;

/// The distances between two frames. Each is 0 for equal frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Distance {
    /// Mean difference of luma that motion does not explain, in levels.
    pub(super) luma: f32,
    /// The same of luma without mean and contrast.
    pub(super) normalized: f32,
    /// The normalized difference that a quarter of the blocks stays under: small where a caption, a panel or
    /// something passing by changes a part of the picture only.
    pub(super) calm: f32,
    /// Mean difference of the chroma components, in levels.
    pub(super) chroma: f32,
    /// Half the sum of the differences of the histograms, 0 to 1.
    pub(super) histogram: f32,
}

impl Distance {
    pub(super) fn between(a: &Frame, b: &Frame) -> Self {
        Self::less(a, b, f32::INFINITY).unwrap_or_default()
    }

    /// The distance, or `None` as soon as it is clear that it [amounts](Self::amount) to no less than `than`.
    pub(super) fn less(a: &Frame, b: &Frame, than: f32) -> Option<Self> {
        if !a.same_shape(b) {
            return Some(Self::OF_OTHER_SHAPE).filter(|d| d.amount() < than);
        }
        let bounds = a.bounds.union(b.bounds);
        // It is the larger of the two, and so tells sooner.
        let look = Self::of_look_less(a, b, than)?;
        let mut luma = b.luma.moved_less(&a.luma, bounds, than - look.normalized)?;
        // A bright panel changes what mean and contrast take out, and so all of the normalized picture: what is calm
        // in either counts.
        let calm = quarter(&mut luma) * a.normalizer().min(b.normalizer());
        Some(Self { luma: mean(&luma), calm: look.calm.min(calm), ..look }).filter(|d| d.amount() < than)
    }

    /// Without [`luma`](Self::luma), which stays zero: it takes half of the time.
    pub(super) fn of_look(a: &Frame, b: &Frame) -> Self {
        if !a.same_shape(b) {
            return Self { luma: 0.0, ..Self::OF_OTHER_SHAPE };
        }
        Self::of_look_less(a, b, f32::INFINITY).unwrap_or_default()
    }

    fn of_look_less(a: &Frame, b: &Frame, than: f32) -> Option<Self> {
        let mut normalized = b.normalized.moved_less(&a.normalized, a.bounds.union(b.bounds), than)?;
        Some(Self {
            luma: 0.0,
            calm: quarter(&mut normalized),
            normalized: mean(&normalized),
            chroma: mean_difference(&a.chroma, &b.chroma),
            histogram: histogram_distance(&a.histogram, &b.histogram),
        })
    }

    /// How much changed in all, in levels.
    pub(super) fn amount(&self) -> f32 {
        self.luma + self.normalized
    }

    /// The picture changes its shape: nothing is comparable.
    const OF_OTHER_SHAPE: Self = Self { luma: 255.0, normalized: 255.0, calm: 255.0, chroma: 255.0, histogram: 1.0 };
}

/// The value that a quarter of `values` stays under; sorts them.
fn quarter(values: &mut [f32]) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    values.get(values.len() / 4).copied().unwrap_or(0.0)
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn mean_difference(a: &[u8], b: &[u8]) -> f32 {
    let sum: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    sum as f32 / a.len().max(1) as f32
}

/// Distance of cumulated histograms within one bin to either side is forgiven: a small change of light moves every
/// value a little, which is no other picture.
fn histogram_distance(a: &[f32], b: &[f32]) -> f32 {
    let blur = |h: &[f32], i: usize| {
        let at = |i: usize| h.get(i).copied().unwrap_or(0.0);
        0.5 * at(i) + 0.25 * (at(i + 1) + if i > 0 { at(i - 1) } else { 0.0 })
    };
    (0..a.len()).map(|i| (blur(a, i) - blur(b, i)).abs()).sum::<f32>() / 2.0
}

/// How a frame between two others relates to them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mixture {
    /// Mean difference of the outer frames, in levels, motion not taken out.
    pub(super) ends: f32,
    /// Share of the later frame in the best linear mix of both: 0 is the earlier, 1 the later.
    pub(super) share: f32,
    /// Mean difference from that mix, in levels. Small in a dissolve.
    pub(super) mix_residual: f32,
    /// Mean difference from whichever end is nearer, pixel by pixel, in levels. Small in a wipe.
    pub(super) pick_residual: f32,
}

impl Mixture {
    /// `middle` as a mixture of `a` and `b`.
    pub(super) fn of(a: &Frame, middle: &Frame, b: &Frame) -> Self {
        if a.half.len() != b.half.len() || a.half.len() != middle.half.len() {
            return Self::default();
        }
        let (mut ends, mut pick) = (0, 0);
        for ((a, m), b) in a.half.iter().zip(&middle.half).zip(&b.half) {
            ends += u32::from(b.abs_diff(*a));
            pick += u32::from(m.abs_diff(*a).min(m.abs_diff(*b)));
        }
        let share = Self::share_of(a, middle, b);
        let count = a.half.len().max(1) as f32;
        Self {
            ends: ends as f32 / count,
            share,
            mix_residual: off_mix(&a.half, &middle.half, &b.half, share) / count,
            pick_residual: pick as f32 / count,
        }
    }

    /// Its [`share`](Self::share) alone.
    pub(super) fn share_of(a: &Frame, middle: &Frame, b: &Frame) -> f32 {
        let (mut along, mut length) = (0, 0);
        for ((a, m), b) in a.half.iter().zip(&middle.half).zip(&b.half) {
            let (a, m, b) = (i32::from(*a), i32::from(*m), i32::from(*b));
            along += (m - a) * (b - a);
            length += (b - a) * (b - a);
        }
        if length > 0 { along as f32 / length as f32 } else { 0.0 }
    }
}

/// Sum of the differences of `middle` from a linear mix of `a` and `b`.
fn off_mix(a: &[u8], middle: &[u8], b: &[u8], share: f32) -> f32 {
    /// Sums side by side, for which one instruction does.
    const LANES: usize = 8;
    let off = |a: u8, m: u8, b: u8| {
        let (a, m, b) = (f32::from(a), f32::from(m), f32::from(b));
        (m - a - share * (b - a)).abs()
    };
    let [(a, a_rest), (m, m_rest), (b, b_rest)] = [a, middle, b].map(<[u8]>::as_chunks::<LANES>);
    let mut sums = [0f32; LANES];
    for ((a, m), b) in a.iter().zip(m).zip(b) {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum += off(a[i], m[i], b[i]);
        }
    }
    let rest = a_rest.iter().zip(m_rest).zip(b_rest).map(|((a, m), b)| off(*a, *m, *b));
    sums.into_iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{WIDTH, frame, texture};
    use super::*;

    #[test]
    fn equal_frames_have_no_distance_and_others_have() {
        let a = frame(&texture(1));
        assert_eq!(Distance::between(&a, &a), Distance::default());
        let far = Distance::between(&a, &frame(&texture(2)));
        assert!(far.luma > 10.0 && far.normalized > 10.0 && far.calm > 5.0, "{far:?}");
    }

    #[test]
    fn a_move_within_reach_is_explained_and_a_farther_one_is_not() {
        let still = texture(1);
        let moved = |by: usize| -> Vec<u8> {
            still.chunks(WIDTH).flat_map(|row| row[by..].iter().chain(&row[..by]).copied()).collect()
        };
        let near = Distance::between(&frame(&still), &frame(&moved(3)));
        let far = Distance::between(&frame(&still), &frame(&moved(20)));
        assert!(near.luma < 0.3 * far.luma, "{} {}", near.luma, far.luma);
        assert!(near.calm == 0.0);
    }

    #[test]
    fn a_light_that_goes_on_changes_luma_and_leaves_the_look() {
        let dark: Vec<u8> = texture(1).iter().map(|v| v / 3 + 20).collect();
        let light: Vec<u8> = texture(1).iter().map(|v| v / 3 + 100).collect();
        let distance = Distance::between(&frame(&dark), &frame(&light));
        assert!(distance.luma > 60.0 && distance.normalized < 2.0, "{distance:?}");
    }

    #[test]
    fn a_panel_over_a_part_leaves_the_rest_calm() {
        let plain = texture(1);
        let mut panel = plain.clone();
        for row in panel.chunks_mut(WIDTH).take(12) {
            row.fill(200);
        }
        let distance = Distance::between(&frame(&plain), &frame(&panel));
        assert!(distance.luma > 5.0 && distance.calm < 3.0, "{distance:?}");
    }

    #[test]
    fn a_mix_and_a_half_wiped_picture_are_told_apart() {
        let (a, b) = (texture(1), texture(2));
        let mix: Vec<u8> = a.iter().zip(&b).map(|(a, b)| ((3 * u32::from(*a) + u32::from(*b)) / 4) as u8).collect();
        let mixed = Mixture::of(&frame(&a), &frame(&mix), &frame(&b));
        assert!((mixed.share - 0.25).abs() < 0.02 && mixed.mix_residual < 1.0, "{mixed:?}");
        assert!(mixed.pick_residual > 5.0 * mixed.mix_residual);
        let wiped: Vec<u8> =
            a.iter().zip(&b).enumerate().map(|(i, (a, b))| if i % WIDTH < WIDTH / 2 { *b } else { *a }).collect();
        let wiped = Mixture::of(&frame(&a), &frame(&wiped), &frame(&b));
        assert!((wiped.share - 0.5).abs() < 0.15 && wiped.pick_residual < 1.0, "{wiped:?}");
        assert!(wiped.mix_residual > 5.0);
    }
}
