//! Sample rate and channel conversion of planar floats.

use std::ffi::c_int;
use std::ptr;

use super::ffi;
use crate::error::Result;

/// Turns sound of one rate and number of channels into another, without delay: the first sample that comes out is at
/// the time of the first that went in.
pub(super) struct Resampler {
    context: *mut ffi::SwrContext,
    from: (u32, usize),
    to: (u32, usize),
    name: String,
}

// SAFETY: one thread at a time uses it.
unsafe impl Send for Resampler {}

impl Resampler {
    /// `from` and `to` are hertz and channels.
    pub(super) fn new(from: (u32, usize), to: (u32, usize), name: &str) -> Result<Self> {
        let mut this = Self { context: ptr::null_mut(), from, to, name: name.to_owned() };
        // SAFETY: layouts are plain data on this stack; the context is owned by `this` as soon as it is there.
        unsafe {
            let mut layouts: [ffi::AVChannelLayout; 2] = std::mem::zeroed();
            ffi::av_channel_layout_default(&mut layouts[0], from.1 as c_int);
            ffi::av_channel_layout_default(&mut layouts[1], to.1 as c_int);
            let code = ffi::swr_alloc_set_opts2(
                &mut this.context,
                &layouts[1],
                ffi::AV_SAMPLE_FMT_FLTP,
                to.0 as c_int,
                &layouts[0],
                ffi::AV_SAMPLE_FMT_FLTP,
                from.0 as c_int,
                0,
                ptr::null_mut(),
            );
            ffi::check(code, name, "preparing to resample")?;
            ffi::check(ffi::swr_init(this.context), name, "preparing to resample")?;
        }
        Ok(this)
    }

    /// Hertz and channels that go in.
    pub(super) fn input(&self) -> (u32, usize) {
        self.from
    }

    /// Puts samples in, one slice a channel (none at all: the end), and appends what comes out to `out`.
    pub(super) fn push(&mut self, channels: &[Vec<f32>], out: &mut [Vec<f32>]) -> Result<()> {
        let count = channels.first().map_or(0, Vec::len);
        let inputs: Vec<*const u8> = channels.iter().map(|c| c.as_ptr().cast()).collect();
        // SAFETY: the context is initialised; there is a pointer for each channel with `count` samples, and room for
        // as many samples as FFmpeg says may come out.
        unsafe {
            let most = ffi::check(ffi::swr_get_out_samples(self.context, count as c_int), &self.name, "resampling")?;
            let mut buffers = vec![vec![0f32; most as usize]; self.to.1];
            let mut outputs: Vec<*mut u8> = buffers.iter_mut().map(|b| b.as_mut_ptr().cast()).collect();
            let input = if channels.is_empty() { ptr::null() } else { inputs.as_ptr() };
            let code =
                ffi::swr_convert(self.context, outputs.as_mut_ptr(), most, input.cast_mut().cast(), count as c_int);
            let got = ffi::check(code, &self.name, "resampling")? as usize;
            for (out, buffer) in out.iter_mut().zip(&buffers) {
                out.extend_from_slice(&buffer[..got.min(buffer.len())]);
            }
        }
        Ok(())
    }
}

impl Drop for Resampler {
    fn drop(&mut self) {
        // SAFETY: ours, freed once; null is fine.
        unsafe { ffi::swr_free(&mut self.context) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_level_survive_another_rate() {
        let input: Vec<f32> = (0..44_100).map(|i| (i as f32 * 0.05).sin() * 0.5).collect();
        let mut resampler = Resampler::new((44_100, 1), (48_000, 2), "t").unwrap();
        let mut out = vec![Vec::new(), Vec::new()];
        for block in input.chunks(1000) {
            resampler.push(&[block.to_vec()], &mut out).unwrap();
        }
        resampler.push(&[], &mut out).unwrap();
        assert!((out[0].len() as i64 - 48_000).abs() <= 32, "{}", out[0].len());
        let peak = out[1][1000..40_000].iter().fold(0f32, |p, s| p.max(s.abs()));
        assert!((0.3..0.55).contains(&peak), "{peak}");
    }
}
