//! Maps of how much each spot of a picture stands out, and where their weight lies.

/// Half the side of a spot, as a share of the picture's width: a spot is about as wide as a 9:16 window over 16:9.
const REACH: f32 = 0.14;
/// How much less a spot at the edge counts than one in the middle.
const MIDDLE_FAVOR: f32 = 0.2;
/// Steps of the mean shift from the peak to the middle of its surroundings.
const SHIFTS: usize = 3;

/// Sums over a part of a map.
#[derive(Default)]
struct Inside {
    sum: f32,
    x: f32,
    y: f32,
    pixels: f32,
}

/// A value for each pixel of the small picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Map {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

/// Where the weight of a map lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Focus {
    /// In shares of the picture.
    pub(super) x: f32,
    pub(super) y: f32,
    /// 0 (spread like a flat map) to 1 (all in one spot).
    pub(super) concentration: f32,
    /// Mean value of the map.
    pub(super) mean: f32,
}

impl Map {
    pub(super) fn zero(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![0.0; width * height] }
    }

    /// The spot that holds most of the values within [`REACH`], and how much of the whole that is; the middle of the
    /// picture where all are zero. A mean over the whole map would fall between two things that stand out.
    pub(super) fn focus(&self) -> Focus {
        let (w, h) = (self.width.max(1) as f32, self.height.max(1) as f32);
        let total: f32 = self.values.iter().sum();
        if total <= 0.0 {
            return Focus { x: 0.5, y: 0.5, concentration: 0.0, mean: 0.0 };
        }
        let reach = (w * REACH).round().max(1.0) as usize;
        let mass = self.blurred(reach);
        let favor = |i: usize| {
            let (x, y) = ((i % self.width) as f32 / w - 0.5, (i / self.width) as f32 / h - 0.5);
            mass.values[i] * (1.0 - MIDDLE_FAVOR * (x * x + y * y).sqrt())
        };
        let peak = (0..self.values.len()).max_by(|a, b| favor(*a).total_cmp(&favor(*b))).unwrap_or(0);
        let (mut x, mut y) = ((peak % self.width) as f32, (peak / self.width) as f32);
        let mut inside = Inside::default();
        for _ in 0..SHIFTS {
            inside = self.inside(x, y, reach);
            if inside.sum <= 0.0 {
                break;
            }
            (x, y) = (inside.x / inside.sum, inside.y / inside.sum);
        }
        // A flat map has as much in the spot as the spot takes of the picture.
        let area = inside.pixels / self.values.len() as f32;
        let concentration = ((inside.sum / total - area) / (1.0 - area).max(f32::EPSILON)).clamp(0.0, 1.0);
        Focus { x: (x + 0.5) / w, y: (y + 0.5) / h, concentration, mean: total / self.values.len() as f32 }
    }

    /// Sums over the square around a spot.
    fn inside(&self, x: f32, y: f32, reach: usize) -> Inside {
        let around = |at: f32, len: usize| {
            let at = at.round().max(0.0) as usize;
            at.saturating_sub(reach)..(at + reach + 1).min(len)
        };
        let mut inside = Inside::default();
        for py in around(y, self.height) {
            for px in around(x, self.width) {
                let value = self.values[py * self.width + px];
                inside.sum += value;
                inside.x += value * px as f32;
                inside.y += value * py as f32;
                inside.pixels += 1.0;
            }
        }
        inside
    }

    /// Means over squares that reach `reach` pixels to each side.
    pub(super) fn blurred(&self, reach: usize) -> Self {
        let along = |values: &[f32], len: usize, lines: usize, step: usize, line_step: usize| {
            let mut out = vec![0.0; values.len()];
            for line in 0..lines {
                for i in 0..len {
                    let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(len));
                    let sum: f32 = (from..to).map(|k| values[line * line_step + k * step]).sum();
                    out[line * line_step + i * step] = sum / (to - from) as f32;
                }
            }
            out
        };
        let rows = along(&self.values, self.width, self.height, 1, self.width);
        let values = along(&rows, self.height, self.width, self.width, 1);
        Self { width: self.width, height: self.height, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_is_its_own_focus_and_a_flat_map_has_none() {
        let mut map = Map::zero(20, 10);
        assert_eq!(map.focus(), Focus { x: 0.5, y: 0.5, concentration: 0.0, mean: 0.0 });
        map.values[3 * 20 + 15] = 2.0;
        let focus = map.focus();
        assert_eq!((focus.x, focus.y, focus.concentration), (15.5 / 20.0, 0.35, 1.0));
        let flat = Map { values: vec![1.0; 200], ..map }.focus();
        assert!(flat.concentration < 0.01 && (flat.x - 0.5).abs() < 0.06, "{flat:?}");
    }

    #[test]
    fn between_two_things_the_larger_one_is_chosen() {
        let mut map = Map::zero(64, 36);
        for y in 10..20 {
            map.values[y * 64 + 8] = 1.0;
            map.values[y * 64 + 50] = 2.0;
        }
        let focus = map.focus();
        assert!((focus.x - 50.5 / 64.0).abs() < 0.01, "{focus:?}");
        assert!((0.5..0.8).contains(&focus.concentration), "{focus:?}");
    }

    #[test]
    fn blurring_keeps_flat_maps_and_spreads_spots() {
        let flat = Map { width: 6, height: 5, values: vec![3.0; 30] };
        assert!(flat.blurred(2).values.iter().all(|v| (v - 3.0).abs() < 1e-5));
        let mut spot = Map::zero(7, 7);
        spot.values[24] = 9.0;
        assert_eq!(spot.blurred(1).values.iter().filter(|v| **v == 1.0).count(), 9);
    }
}
