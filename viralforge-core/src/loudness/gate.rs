//! Gates and percentiles: from the energies of blocks to figures (ITU-R BS.1770-5, EBU Tech 3342).

/// Blocks below this do not count at all, in LUFS.
const ABSOLUTE_GATE: f64 = -70.0;
/// How far under the mean a block still counts, in LU: for the integrated loudness …
const RELATIVE_GATE: f64 = -10.0;
/// … and for the loudness range.
const RANGE_GATE: f64 = -20.0;
/// The loudness range leaves out the quietest and the loudest passages.
const RANGE_PERCENTILES: (f64, f64) = (0.10, 0.95);

/// Loudness in LUFS of a mean weighted energy; minus infinity for silence.
pub(crate) fn loudness(energy: f64) -> f64 {
    // The offset makes a 997 Hz sine at 0 dBFS in one front channel read -3.01 LUFS.
    -0.691 + 10.0 * energy.log10()
}

fn energy(loudness: f64) -> f64 {
    10f64.powf((loudness + 0.691) / 10.0)
}

/// The blocks that are loud enough, after both gates.
fn gated(blocks: &[f64], relative_lu: f64) -> impl Iterator<Item = f64> + '_ {
    let absolute = energy(ABSOLUTE_GATE);
    let (sum, count) =
        blocks.iter().filter(|e| **e > absolute).fold((0.0, 0u64), |(sum, count), e| (sum + e, count + 1));
    let relative = sum / count.max(1) as f64 * 10f64.powf(relative_lu / 10.0);
    let threshold = absolute.max(relative);
    blocks.iter().copied().filter(move |e| *e > absolute && *e >= threshold)
}

/// Integrated loudness from the mean energies of blocks of 400 ms that overlap by 75 %.
pub(crate) fn integrated(blocks: &[f64]) -> Option<f64> {
    let (sum, count) = gated(blocks, RELATIVE_GATE).fold((0.0, 0u64), |(sum, count), e| (sum + e, count + 1));
    (count > 0).then(|| loudness(sum / count as f64))
}

/// Loudness range from the mean energies of stretches of 3 s.
pub(crate) fn range(short_terms: &[f64]) -> Option<f64> {
    let mut loud: Vec<f64> = gated(short_terms, RANGE_GATE).collect();
    loud.sort_by(f64::total_cmp);
    let last = loud.len().checked_sub(1)? as f64;
    let at = |share: f64| loud.get((last * share).round() as usize).copied().map(loudness);
    Some(at(RANGE_PERCENTILES.1)? - at(RANGE_PERCENTILES.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(parts: &[(usize, f64)]) -> Vec<f64> {
        parts.iter().flat_map(|(n, lufs)| vec![energy(*lufs); *n]).collect()
    }

    #[test]
    fn quiet_passages_do_not_pull_the_mean_down() {
        let value = integrated(&blocks(&[(100, -72.0), (100, -36.0), (600, -23.0), (100, -36.0)])).unwrap();
        assert!((value + 23.0).abs() < 1e-9, "{value}");
    }

    #[test]
    fn without_a_loud_block_there_is_no_figure() {
        assert_eq!(integrated(&blocks(&[(10, -70.5)])), None);
        assert_eq!(integrated(&[]), None);
        assert_eq!(range(&[0.0; 5]), None);
    }

    #[test]
    fn the_range_is_the_distance_of_the_percentiles() {
        let value = range(&blocks(&[(50, -30.0), (50, -20.0)])).unwrap();
        assert!((value - 10.0).abs() < 1e-9, "{value}");
        // 5 of 100 are louder than the 95th percentile.
        let value = range(&blocks(&[(4, -5.0), (96, -20.0)])).unwrap();
        assert!(value.abs() < 1e-9, "{value}");
    }
}
