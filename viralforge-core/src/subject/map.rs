//! Maps of how much each spot of a picture stands out, and where their weight lies.

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
    /// 0 (spread like a flat map) to 1 (a single spot).
    pub(super) concentration: f32,
    /// Mean value of the map.
    pub(super) mean: f32,
}

impl Map {
    pub(super) fn zero(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![0.0; width * height] }
    }

    /// The center of the values and how close they lie to it; the middle of the picture where all are zero.
    pub(super) fn focus(&self) -> Focus {
        let (w, h) = (self.width.max(1) as f32, self.height.max(1) as f32);
        let at = |i: usize| (((i % self.width) as f32 + 0.5) / w, ((i / self.width) as f32 + 0.5) / h);
        let total: f32 = self.values.iter().sum();
        if total <= 0.0 {
            return Focus { x: 0.5, y: 0.5, concentration: 0.0, mean: 0.0 };
        }
        let (mut x, mut y) = (0.0, 0.0);
        for (i, v) in self.values.iter().enumerate() {
            let (px, py) = at(i);
            x += v * px;
            y += v * py;
        }
        let (x, y) = (x / total, y / total);
        let spread: f32 = self
            .values
            .iter()
            .enumerate()
            .map(|(i, v)| {
                let (px, py) = at(i);
                v * ((px - x).powi(2) + (py - y).powi(2))
            })
            .sum();
        // A flat map has a variance of 1/12 in each direction.
        let concentration = (1.0 - (spread / total * 6.0).sqrt()).clamp(0.0, 1.0);
        Focus { x, y, concentration, mean: total / self.values.len() as f32 }
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
        assert!(flat.concentration < 0.01 && (flat.x - 0.5).abs() < 1e-5);
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
