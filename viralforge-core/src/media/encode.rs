//! Encoders: H.264 pictures and AAC sound.

use std::collections::{HashMap, VecDeque};
use std::ffi::{CStr, CString, c_int};
use std::ptr;

use super::ffi;
use super::frame::{Frame, Packet};
use super::pcm::Sound;
use super::resample::Resampler;
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::time::{FrameRate, Timestamp};

/// H.264 encoders in order of preference: x264 (GPL builds), then Cisco's OpenH264 (LGPL builds).
const H264_ENCODERS: [&CStr; 2] = [c"libx264", c"libopenh264"];
/// Bits a pixel that OpenH264, which knows no constant quality, gets at CRF 23; each six steps halve it, as x264's do.
const BITS_A_PIXEL: f64 = 0.1;

/// How to encode pictures.
#[derive(Clone, Debug)]
pub(crate) struct VideoEncoding {
    pub(crate) size: Size,
    /// Constant rate factor of x264, 0 to 51.
    pub(crate) crf: u8,
    /// Name of an x264 preset.
    pub(crate) speed: &'static str,
    /// The longest distance between keyframes.
    pub(crate) keyframe_interval: Timestamp,
    /// For the rate control; times come with each picture.
    pub(crate) frame_rate: FrameRate,
    /// Ticks a second of the encoded times.
    pub(crate) ticks_per_second: u32,
}

/// A packet that an encoder made, with times in ticks of that encoder.
pub(crate) struct EncodedPacket {
    pub(super) packet: Packet,
    pub(super) ticks_per_second: u32,
}

/// What a muxer must know of an encoder.
pub(crate) struct TrackParameters {
    pub(super) parameters: *mut ffi::AVCodecParameters,
    pub(super) ticks_per_second: u32,
    pub(super) frame_rate: Option<FrameRate>,
}

// SAFETY: the parameters are owned and plain data.
unsafe impl Send for TrackParameters {}

impl Drop for TrackParameters {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::avcodec_parameters_free(&mut self.parameters) };
    }
}

struct Encoder {
    context: *mut ffi::AVCodecContext,
    name: String,
    ticks_per_second: u32,
    /// Packets that had to come out before more could go in.
    ready: VecDeque<EncodedPacket>,
    /// Whether everything was encoded and handed out.
    drained: bool,
}

// SAFETY: one thread at a time uses it.
unsafe impl Send for Encoder {}

impl Drop for Encoder {
    fn drop(&mut self) {
        let owned = OwnedContext(self.context);
        // x264 ends with the pictures that it still has on its threads, which takes long where it thinks long. Nobody
        // who cancelled should wait for that: nothing that it makes is wanted, and it holds nothing but memory.
        if !self.drained {
            let freeing = std::thread::Builder::new().name("viralforge-encoder-end".to_owned());
            // Where no thread can be had, the closure is dropped, and the context with it.
            let _ = freeing.spawn(move || drop(owned));
        }
    }
}

/// An encoder that only has to be freed.
struct OwnedContext(*mut ffi::AVCodecContext);

// SAFETY: its only owner, which does nothing but free it.
unsafe impl Send for OwnedContext {}

impl Drop for OwnedContext {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::avcodec_free_context(&mut self.0) };
    }
}

impl Encoder {
    fn find(names: &[&CStr], what: &str, name: &str, ticks_per_second: u32) -> Result<Self> {
        // SAFETY: look-ups in a static table.
        let codec =
            names.iter().map(|n| unsafe { ffi::avcodec_find_encoder_by_name(n.as_ptr()) }).find(|c| !c.is_null());
        let Some(codec) = codec else {
            return Err(Error::unsupported(name, format_args!("the linked FFmpeg has no {what} encoder")));
        };
        // SAFETY: a plain allocation, owned from here on.
        let context = ffi::allocated(unsafe { ffi::avcodec_alloc_context3(codec) }, name)?;
        // SAFETY: fields that are the caller's to set before opening.
        unsafe {
            (*context).time_base = ffi::AVRational { num: 1, den: ticks_per_second.max(1) as c_int };
            (*context).flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as c_int;
        }
        Ok(Self { context, name: name.to_owned(), ticks_per_second, ready: VecDeque::new(), drained: false })
    }

    /// The codec's short name: `libx264` …
    fn codec(&self) -> &CStr {
        // SAFETY: a context made for a codec names it; names are static.
        unsafe { CStr::from_ptr((*(*self.context).codec).name) }
    }

    /// Sets a private option; one that this encoder lacks is an error.
    fn set(&mut self, key: &CStr, value: &str) -> Result<()> {
        let value = CString::new(value).map_err(|_| Error::backend(&self.name, "an option with a NUL"))?;
        // SAFETY: the context is ours and not open yet.
        let code = unsafe {
            ffi::av_opt_set(self.context.cast(), key.as_ptr(), value.as_ptr(), ffi::AV_OPT_SEARCH_CHILDREN as c_int)
        };
        ffi::check(code, &self.name, "setting an encoder option").map(drop)
    }

    fn open(&mut self) -> Result<()> {
        // SAFETY: the context is ours; no dictionary, because opening with one crashes where it fails (docs/adr).
        let code = unsafe { ffi::avcodec_open2(self.context, ptr::null(), ptr::null_mut()) };
        ffi::check(code, &self.name, "cannot start encoding").map(drop)
    }

    fn send(&mut self, frame: Option<&Frame>) -> Result<()> {
        let pointer = frame.map_or(ptr::null_mut(), Frame::as_ptr);
        // SAFETY: the context is open; a null frame means the end.
        let mut code = unsafe { ffi::avcodec_send_frame(self.context, pointer) };
        if code == ffi::EAGAIN_CODE {
            // It takes nothing more before its packets are out: several frames may come of one block of sound.
            while let Some(packet) = self.take_packet()? {
                self.ready.push_back(packet);
            }
            // SAFETY: as above.
            code = unsafe { ffi::avcodec_send_frame(self.context, pointer) };
        }
        ffi::check(code, &self.name, "encoding").map(drop)
    }

    fn receive(&mut self) -> Result<Option<EncodedPacket>> {
        match self.ready.pop_front() {
            Some(packet) => Ok(Some(packet)),
            None => self.take_packet(),
        }
    }

    fn take_packet(&mut self) -> Result<Option<EncodedPacket>> {
        let packet = Packet::new(&self.name)?;
        // SAFETY: the context is open and the packet is empty.
        match unsafe { ffi::avcodec_receive_packet(self.context, packet.as_ptr()) } {
            0.. => Ok(Some(EncodedPacket { packet, ticks_per_second: self.ticks_per_second })),
            ffi::AVERROR_EOF => {
                self.drained = true;
                Ok(None)
            }
            ffi::EAGAIN_CODE => Ok(None),
            code => Err(ffi::failure(code, &self.name, "encoding")),
        }
    }

    fn parameters(&self, frame_rate: Option<FrameRate>) -> Result<TrackParameters> {
        // SAFETY: a plain allocation, filled from an open context.
        unsafe {
            let parameters = ffi::allocated(ffi::avcodec_parameters_alloc(), &self.name)?;
            let track = TrackParameters { parameters, ticks_per_second: self.ticks_per_second, frame_rate };
            ffi::check(
                ffi::avcodec_parameters_from_context(parameters, self.context),
                &self.name,
                "reading an encoder",
            )?;
            Ok(track)
        }
    }
}

/// An H.264 encoder.
pub(crate) struct VideoEncoder {
    encoder: Encoder,
    frame_rate: FrameRate,
    /// Durations of the pictures inside, by their time: not every encoder hands them through.
    durations: HashMap<i64, i64>,
    last_ticks: Option<i64>,
}

impl VideoEncoder {
    /// Opens an encoder for pictures like `first`, whose colours it declares. `name` stands in messages.
    pub(super) fn open(encoding: &VideoEncoding, first: &Frame, name: &str) -> Result<Self> {
        let mut encoder = Encoder::find(&H264_ENCODERS, "H.264", name, encoding.ticks_per_second)?;
        let frame = first.raw();
        let rate = encoding.frame_rate;
        let gop = (encoding.keyframe_interval.as_seconds_f64() * rate.as_f64()).round().max(1.0) as c_int;
        // SAFETY: the context is ours and not open yet.
        unsafe {
            let context = &mut *encoder.context;
            (context.width, context.height) = (frame.width, frame.height);
            context.pix_fmt = frame.format;
            context.sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
            context.framerate = ffi::AVRational { num: rate.num() as c_int, den: rate.den() as c_int };
            context.gop_size = gop;
            context.flags |= ffi::AV_CODEC_FLAG_CLOSED_GOP as c_int;
            context.color_range = ffi::AVCOL_RANGE_MPEG;
            context.colorspace = frame.colorspace;
            context.color_trc = frame.color_trc;
            context.color_primaries = frame.color_primaries;
            context.chroma_sample_location = frame.chroma_location;
            context.thread_count = 0;
        }
        if encoder.codec() == c"libx264" {
            encoder.set(c"preset", encoding.speed)?;
            encoder.set(c"crf", &encoding.crf.to_string())?;
        } else {
            let step = 2f64.powf((23.0 - f64::from(encoding.crf)) / 6.0);
            let bits = encoding.size.pixels() as f64 * rate.as_f64() * BITS_A_PIXEL * step;
            // SAFETY: the context is ours and not open yet.
            unsafe { (*encoder.context).bit_rate = bits as i64 };
        }
        encoder.open()?;
        Ok(Self { encoder, frame_rate: rate, durations: HashMap::new(), last_ticks: None })
    }

    pub(crate) fn parameters(&self) -> Result<TrackParameters> {
        self.encoder.parameters(Some(self.frame_rate))
    }

    /// Puts a picture in. Times must grow; one that does not is moved a tick behind the last.
    pub(super) fn push(&mut self, mut frame: Frame, time: Timestamp, duration: Timestamp) -> Result<()> {
        let ticks_per_second = self.encoder.ticks_per_second;
        let mut ticks = time.to_units(1, ticks_per_second);
        if let Some(last) = self.last_ticks {
            ticks = ticks.max(last + 1);
        }
        self.last_ticks = Some(ticks);
        self.durations.insert(ticks, duration.to_units(1, ticks_per_second).max(1));
        let raw = frame.raw_mut();
        raw.pts = ticks;
        // The encoder decides where keyframes stand, whatever the source had.
        raw.pict_type = ffi::AV_PICTURE_TYPE_NONE;
        self.encoder.send(Some(&frame))
    }

    /// Says that there are no more pictures.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.encoder.send(None)
    }

    /// The next finished packet, if there is one.
    pub(crate) fn pull(&mut self) -> Result<Option<EncodedPacket>> {
        let Some(encoded) = self.encoder.receive()? else { return Ok(None) };
        // SAFETY: the packet is ours.
        unsafe {
            let packet = &mut *encoded.packet.as_ptr();
            if let Some(duration) = self.durations.remove(&packet.pts) {
                packet.duration = duration;
            }
        }
        Ok(Some(encoded))
    }
}

/// An AAC encoder that takes sound of any rate and number of channels.
pub(crate) struct AudioEncoder {
    encoder: Encoder,
    channels: usize,
    resampler: Option<Resampler>,
    /// Samples that do not fill a frame yet, one vector a channel.
    waiting: Vec<Vec<f32>>,
    next_sample: i64,
}

/// Sample rates of AAC (ISO/IEC 14496-3, table 1.18), the usual ones.
const AAC_RATES: [u32; 9] = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000];

impl AudioEncoder {
    /// Opens an encoder; a rate that AAC lacks becomes 48 kHz.
    pub(crate) fn open(sample_rate_hz: u32, channels: usize, bit_rate_bps: u64, name: &str) -> Result<Self> {
        let rate = if AAC_RATES.contains(&sample_rate_hz) { sample_rate_hz } else { 48_000 };
        let channels = channels.clamp(1, 2);
        let mut encoder = Encoder::find(&[c"aac"], "AAC", name, rate)?;
        // SAFETY: the context is ours and not open yet.
        unsafe {
            let context = &mut *encoder.context;
            context.sample_rate = rate as c_int;
            context.sample_fmt = ffi::AV_SAMPLE_FMT_FLTP;
            context.bit_rate = i64::try_from(bit_rate_bps).unwrap_or(i64::MAX);
            ffi::av_channel_layout_default(&mut context.ch_layout, channels as c_int);
        }
        encoder.open()?;
        Ok(Self { encoder, channels, resampler: None, waiting: vec![Vec::new(); channels], next_sample: 0 })
    }

    pub(crate) fn parameters(&self) -> Result<TrackParameters> {
        self.encoder.parameters(None)
    }

    /// Samples a second that come out.
    pub(crate) fn sample_rate_hz(&self) -> u32 {
        self.encoder.ticks_per_second
    }

    /// Puts sound in; blocks must follow each other without gaps.
    pub(crate) fn push(&mut self, sound: &Sound) -> Result<()> {
        let (from, to) = ((sound.sample_rate_hz, sound.channels.len()), (self.sample_rate_hz(), self.channels));
        if from == to {
            for (waiting, channel) in self.waiting.iter_mut().zip(&sound.channels) {
                waiting.extend_from_slice(channel);
            }
        } else {
            if self.resampler.as_ref().is_none_or(|r| r.input() != from) {
                self.drain_resampler()?;
                self.resampler = Some(Resampler::new(from, to, &self.encoder.name)?);
            }
            if let Some(resampler) = &mut self.resampler {
                resampler.push(&sound.channels, &mut self.waiting)?;
            }
        }
        self.encode_waiting(false)
    }

    /// Says that there is no more sound.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.drain_resampler()?;
        self.encode_waiting(true)?;
        self.encoder.send(None)
    }

    /// The next finished packet, if there is one.
    pub(crate) fn pull(&mut self) -> Result<Option<EncodedPacket>> {
        self.encoder.receive()
    }

    fn drain_resampler(&mut self) -> Result<()> {
        match self.resampler.take() {
            Some(mut resampler) => resampler.push(&[], &mut self.waiting),
            None => Ok(()),
        }
    }

    fn encode_waiting(&mut self, all: bool) -> Result<()> {
        // SAFETY: the context is open.
        let block = unsafe { (*self.encoder.context).frame_size }.max(1) as usize;
        let mut from = 0;
        loop {
            let left = self.waiting[0].len() - from;
            let len = left.min(block);
            if len == 0 || (len < block && !all) {
                break;
            }
            let frame = self.frame(from, len)?;
            self.encoder.send(Some(&frame))?;
            self.next_sample += len as i64;
            from += len;
        }
        for channel in &mut self.waiting {
            channel.drain(..from);
        }
        Ok(())
    }

    fn frame(&self, from: usize, len: usize) -> Result<Frame> {
        let mut frame = Frame::new(&self.encoder.name)?;
        // SAFETY: the fields that an allocation needs are set first; planar float gives each channel a plane of its
        // own with room for `len` samples.
        unsafe {
            let raw = frame.raw_mut();
            raw.nb_samples = len as c_int;
            raw.format = ffi::AV_SAMPLE_FMT_FLTP;
            raw.sample_rate = self.sample_rate_hz() as c_int;
            raw.pts = self.next_sample;
            ffi::av_channel_layout_default(&mut raw.ch_layout, self.channels as c_int);
            ffi::check(ffi::av_frame_get_buffer(raw, 0), &self.encoder.name, "allocating sound")?;
            for (index, channel) in self.waiting.iter().enumerate() {
                let plane = *raw.extended_data.add(index);
                ptr::copy_nonoverlapping(channel[from..from + len].as_ptr(), plane.cast::<f32>(), len);
            }
        }
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rsmpeg's `open` frees the options twice where FFmpeg refuses the pixel format.
    #[test]
    fn pictures_that_the_encoder_cannot_take_are_an_error_and_not_a_crash() {
        let encoding = VideoEncoding {
            size: Size::new(64, 64),
            crf: 23,
            speed: "ultrafast",
            keyframe_interval: Timestamp::new(2, 1),
            frame_rate: FrameRate::new(25, 1).unwrap(),
            ticks_per_second: 90_000,
        };
        for format in [ffi::AV_PIX_FMT_PAL8, ffi::AV_PIX_FMT_NONE, ffi::AV_PIX_FMT_YUV420P] {
            let mut frame = Frame::new("t").unwrap();
            let raw = frame.raw_mut();
            (raw.width, raw.height, raw.format) = (64, 64, format);
            let opened = VideoEncoder::open(&encoding, &frame, "t");
            assert_eq!(opened.is_ok(), format == ffi::AV_PIX_FMT_YUV420P);
        }
        let unknown = VideoEncoding { speed: "no such speed", ..encoding };
        let mut frame = Frame::new("t").unwrap();
        let raw = frame.raw_mut();
        (raw.width, raw.height, raw.format) = (64, 64, ffi::AV_PIX_FMT_YUV420P);
        assert!(VideoEncoder::open(&unknown, &frame, "t").is_err());
    }
}
