//! Runs of silent samples.

use std::ops::Range;

/// Finds runs of samples that no channel lifts over a threshold. Blocks may come in any sizes.
#[derive(Debug)]
pub(crate) struct SilentRuns {
    /// Largest silent value, 0 to 1.
    threshold: f32,
    /// Shortest run, in samples.
    min_len: u64,
    /// Samples seen.
    position: u64,
    /// Where the run that is going on began.
    began: Option<u64>,
    runs: Vec<Range<u64>>,
}

impl SilentRuns {
    /// `min_len` of 0 counts as 1: an empty silence is none.
    pub(crate) fn new(threshold_dbfs: f64, min_len: u64) -> Self {
        let threshold = 10f64.powf(threshold_dbfs / 20.0) as f32;
        Self { threshold, min_len: min_len.max(1), position: 0, began: None, runs: Vec::new() }
    }

    /// Takes the next samples, one slice of equal length for each channel.
    pub(crate) fn push(&mut self, channels: &[&[f32]]) {
        let len = channels.iter().map(|c| c.len()).min().unwrap_or(0);
        for i in 0..len {
            // Not-a-number compares as silent; nobody hears it.
            let loud = channels.iter().any(|samples| samples[i].abs() > self.threshold);
            let at = self.position + i as u64;
            match (loud, self.began) {
                (false, None) => self.began = Some(at),
                (true, Some(_)) => self.end(at),
                _ => {}
            }
        }
        self.position += len as u64;
    }

    fn end(&mut self, at: u64) {
        if let Some(began) = self.began.take()
            && at - began >= self.min_len
        {
            self.runs.push(began..at);
        }
    }

    /// The runs, from the first silent sample to the first that is not.
    pub(crate) fn finish(mut self) -> Vec<Range<u64>> {
        self.end(self.position);
        self.runs
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "a list of one silence is what is meant")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_channel_must_be_silent() {
        let mut runs = SilentRuns::new(-20.0, 2);
        runs.push(&[&[0.5, 0.0, 0.1, 0.0, 0.5, 0.0], &[0.0, 0.0, -0.1, 0.2, 0.0, 0.0]]);
        assert_eq!(runs.finish(), [1..3]);
    }

    #[test]
    fn a_run_of_exactly_the_shortest_length_counts_and_one_sample_less_does_not() {
        let samples = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        let mut runs = SilentRuns::new(-60.0, 3);
        runs.push(&[&samples]);
        assert_eq!(runs.finish(), [1..4]);
    }

    #[test]
    fn silence_to_the_end_ends_with_the_sound() {
        let mut runs = SilentRuns::new(-60.0, 3);
        runs.push(&[&[1.0, 0.0, 0.0]]);
        runs.push(&[&[0.0]]);
        assert_eq!(runs.finish(), [1..4]);
    }

    proptest! {
        #[test]
        fn any_block_sizes_give_the_same_runs(
            loud in proptest::collection::vec(any::<bool>(), 0..200),
            cut in 0usize..200,
            min_len in 0u64..10,
        ) {
            let samples: Vec<f32> = loud.iter().map(|l| if *l { 0.5 } else { 0.0 }).collect();
            let cut = cut.min(samples.len());
            let mut whole = SilentRuns::new(-40.0, min_len);
            whole.push(&[&samples]);
            let mut parts = SilentRuns::new(-40.0, min_len);
            parts.push(&[&samples[..cut]]);
            parts.push(&[&samples[cut..]]);
            prop_assert_eq!(whole.finish(), parts.finish());
        }
    }
}
