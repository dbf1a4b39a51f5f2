//! Decoders: packets in, frames out.

use std::ffi::c_int;
use std::num::NonZero;

use super::demux::{Demuxer, codec_name};
use super::ffi;
use super::frame::{Frame, Packet};
use super::request::Unneeded;
use crate::error::{Error, Result};
use crate::picture::Plane;

/// Codecs that are decoded. Others may be in the linked FFmpeg, but nobody has asked for them and each is a surface
/// for hostile files.
const ALLOWED: &str = "h264 hevc vp8 vp9 av1 mpeg4 mpeg2video mpeg1video h263 h263p flv1 msmpeg4v1 msmpeg4v2 msmpeg4v3 \
                       wmv1 wmv2 wmv3 vc1 theora mjpeg prores dnxhd dvvideo ffv1 huffyuv utvideo rawvideo qtrle png gif \
                       aac aac_latm mp3 mp2 opus vorbis flac alac ac3 eac3 dts truehd mlp tta wavpack wmav1 wmav2 \
                       wmapro amr_nb amr_wb speex adpcm_ms adpcm_ima_wav adpcm_ima_qt adpcm_swf pcm_alaw pcm_mulaw \
                       pcm_s8 pcm_u8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be \
                       pcm_f64le pcm_f64be pcm_bluray pcm_dvd";

/// Pictures that a decoder may hold besides those of its threads: 16 references and the one it works on (H.264 and
/// HEVC allow 16).
const HELD_PICTURES: u64 = 17;

/// More decoding threads than this only cost memory.
const MAX_THREADS: usize = 8;

/// How to decode.
#[derive(Default)]
pub(super) struct DecodeOptions {
    /// Threads; `None` is one for each core.
    pub(super) threads: Option<usize>,
    /// Leave the deblocking filter out: faster, slightly blocky.
    pub(super) skip_loop_filter: bool,
    /// What becomes of pictures that no other needs. All but decoding them takes one thread: then the latest picture is at
    /// hand as soon as it is decoded, long before its turn to be shown.
    pub(super) unneeded: Unneeded,
    /// Report damage that a decoder would pass over.
    pub(super) strict: bool,
}

/// What became of a packet.
#[derive(PartialEq)]
pub(super) enum Sent {
    Taken,
    /// Receive frames first, then send it again.
    Full,
    /// The decoder could make nothing of it.
    Damaged,
}

pub(super) struct Decoder {
    context: *mut ffi::AVCodecContext,
    name: String,
    /// What FFmpeg's callback writes to; it must not move while the context lives.
    watched: Option<Box<Watched>>,
}

/// The picture of the packet that was sent last.
struct Watched {
    latest: Frame,
    /// Whether the packet has a picture yet.
    is_decoded: bool,
    /// Decoders make up pictures that are missing, for later ones to refer to: HEVC's after the packet's own, others'
    /// before it.
    own_is_first: bool,
}

// SAFETY: one thread at a time uses it; FFmpeg's own threads are its own business.
unsafe impl Send for Decoder {}

impl Decoder {
    pub(super) fn open(demuxer: &Demuxer, index: usize, options: &DecodeOptions) -> Result<Self> {
        let name = demuxer.guard().name.clone();
        let limits = &demuxer.guard().limits;
        // SAFETY: every stream has codec parameters.
        let parameters = unsafe { &*demuxer.stream(index).codecpar };
        let codec_id = parameters.codec_id;
        let label = codec_name(codec_id);
        let threads = options
            .threads
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get))
            .clamp(1, MAX_THREADS);
        // SAFETY: a look-up in a static table.
        let codec = unsafe { ffi::avcodec_find_decoder(codec_id) };
        if codec.is_null() || !ALLOWED.split_whitespace().any(|allowed| allowed == label) {
            return Err(Error::unsupported(&name, format_args!("cannot decode {label}")));
        }
        check_memory(demuxer, parameters, threads as u64)?;
        // SAFETY: a plain allocation, owned by the decoder from here on.
        let context = ffi::allocated(unsafe { ffi::avcodec_alloc_context3(codec) }, &name)?;
        let watched = match options.unneeded != Unneeded::Decoded && threads == 1 {
            true => {
                Some(Box::new(Watched { latest: Frame::new(&name)?, is_decoded: false, own_is_first: label == "hevc" }))
            }
            false => None,
        };
        let mut decoder = Self { context, name, watched };
        // SAFETY: context and parameters are valid; the fields are the caller's to set before opening.
        unsafe {
            ffi::check(ffi::avcodec_parameters_to_context(context, parameters), &decoder.name, "reading codec facts")?;
            (*context).pkt_timebase = demuxer.stream(index).time_base;
            (*context).max_pixels = i64::try_from(limits.max_frame_pixels).unwrap_or(i64::MAX);
            (*context).thread_count = threads as c_int;
            (*context).err_recognition = if options.strict { ffi::AV_EF_EXPLODE as c_int } else { 0 };
            if options.skip_loop_filter {
                (*context).skip_loop_filter = ffi::AVDISCARD_ALL;
            }
            if let Some(watched) = &mut decoder.watched {
                (*context).opaque = std::ptr::from_mut(watched.as_mut()).cast();
                (*context).get_buffer2 = Some(watch_buffer);
            }
            // No options dictionary: opening with one crashes where it fails after taking some (docs/adr).
            let code = ffi::avcodec_open2(context, codec, std::ptr::null_mut());
            if code < 0 {
                // What is wrong is in the file's own description of the track, whatever FFmpeg calls it.
                return Err(match ffi::failure(code, &decoder.name, &format!("cannot start decoding {label}")) {
                    Error::Backend { .. } if code != ffi::EAGAIN_CODE => {
                        Error::unsupported(&decoder.name, format_args!("cannot decode {label} of this kind"))
                    }
                    error => error,
                });
            }
        }
        Ok(decoder)
    }

    /// Sends a packet, or with `None` says that there are no more.
    pub(super) fn send(&mut self, packet: Option<&Packet>) -> Result<Sent> {
        let pointer = packet.map_or(std::ptr::null_mut(), Packet::as_ptr);
        // SAFETY: the context is open; a null packet means the end.
        match unsafe { ffi::avcodec_send_packet(self.context, pointer) } {
            0.. => Ok(Sent::Taken),
            ffi::EAGAIN_CODE => Ok(Sent::Full),
            ffi::AVERROR_EOF => Ok(Sent::Taken),
            ffi::ENOMEM_CODE => Err(ffi::failure(ffi::ENOMEM_CODE, &self.name, "decoding")),
            _ => Ok(Sent::Damaged),
        }
    }

    /// The next frame, if one is ready. Damaged ones are counted in `damaged` and passed over.
    pub(super) fn receive(&mut self, damaged: &mut u64) -> Result<Option<Frame>> {
        let frame = Frame::new(&self.name)?;
        // A decoder that reports damage forever without taking input would hang us.
        for _ in 0..1000 {
            // SAFETY: the context is open and the frame is empty.
            match unsafe { ffi::avcodec_receive_frame(self.context, frame.as_ptr()) } {
                0.. => return Ok(Some(frame)),
                ffi::EAGAIN_CODE | ffi::AVERROR_EOF => return Ok(None),
                ffi::ENOMEM_CODE => return Err(ffi::failure(ffi::ENOMEM_CODE, &self.name, "decoding")),
                _ => *damaged += 1,
            }
        }
        Ok(None)
    }

    /// Before a packet is sent: whether it is passed over where no other picture needs its own.
    pub(super) fn skip_unneeded(&mut self, skip: bool) {
        if let Some(watched) = &mut self.watched {
            watched.is_decoded = false;
        }
        let discard = if skip { ffi::AVDISCARD_NONREF } else { ffi::AVDISCARD_DEFAULT };
        // SAFETY: the context is open; the field may change between packets.
        unsafe { (*self.context).skip_frame = discard };
    }

    /// Whether the packet that was sent last was decoded, where pictures are watched.
    pub(super) fn is_decoded(&self) -> bool {
        self.watched.as_ref().is_some_and(|watched| watched.is_decoded)
    }

    /// Luma of its picture, where pictures are watched and it is 8-bit.
    pub(super) fn latest_luma(&self) -> Option<Plane<'_>> {
        let watched = self.watched.as_ref()?;
        let raw = watched.latest.raw();
        // SAFETY: descriptors are static; null for an unknown format.
        let descriptor = unsafe { ffi::av_pix_fmt_desc_get(raw.format).as_ref() }?;
        let (width, height) = (usize::try_from(raw.width).ok()?, usize::try_from(raw.height).ok()?);
        let (data, stride) = watched.latest.plane(0, height)?;
        let eight_bit = descriptor.comp[0].depth == 8 && descriptor.comp[0].step == 1;
        (eight_bit && width <= stride).then_some(Plane { data, stride, width, height })
    }

    /// Forgets all state, as after a seek.
    pub(super) fn flush(&mut self) {
        // SAFETY: the context is open.
        unsafe { ffi::avcodec_flush_buffers(self.context) };
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the context is ours and freed once.
        unsafe { ffi::avcodec_free_context(&mut self.context) };
    }
}

/// FFmpeg's way of getting memory for a picture, and a second reference to that memory.
unsafe extern "C" fn watch_buffer(context: *mut ffi::AVCodecContext, frame: *mut ffi::AVFrame, flags: c_int) -> c_int {
    // SAFETY: called by FFmpeg with its own context and an empty frame.
    let code = unsafe { ffi::avcodec_default_get_buffer2(context, frame, flags) };
    if code < 0 {
        return code;
    }
    // SAFETY: `opaque` is the box that `open` put there, which lives as long as the context; with one thread nobody
    // else looks at it now.
    let watched = unsafe { &mut *(*context).opaque.cast::<Watched>() };
    if watched.is_decoded && watched.own_is_first {
        return code;
    }
    watched.is_decoded = true;
    // SAFETY: both frames are valid, and this one may be replaced.
    unsafe {
        ffi::av_frame_unref(watched.latest.as_ptr());
        ffi::av_frame_ref(watched.latest.as_ptr(), frame)
    }
}

fn check_memory(demuxer: &Demuxer, parameters: &ffi::AVCodecParameters, threads: u64) -> Result<()> {
    if parameters.codec_type != ffi::AVMEDIA_TYPE_VIDEO {
        return Ok(());
    }
    // SAFETY: plain arithmetic over the values given; an unknown format or size gives a negative code.
    let picture = unsafe { ffi::av_image_get_buffer_size(parameters.format, parameters.width, parameters.height, 32) };
    let bytes = u64::try_from(picture).unwrap_or(0) * (HELD_PICTURES + threads);
    demuxer.guard().limit("max_memory_bytes", bytes, demuxer.guard().limits.max_memory_bytes)
}
