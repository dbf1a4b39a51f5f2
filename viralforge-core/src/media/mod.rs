//! The one place that talks to FFmpeg, symphonia and image, and the one place with `unsafe`.
//!
//! FFmpeg is used through its C interface (`rsmpeg::ffi`) under small owning types of our own: rsmpeg's own wrappers
//! crash on some error paths (docs/adr). Nothing of it leaves this folder.

mod allowance;
mod decode;
mod demux;
mod encode;
mod facts;
mod ffi;
mod file_decoder;
mod filter;
mod frame;
mod guard;
mod image;
mod io;
mod log;
mod mux;
mod pcm;
mod picture;
mod picture_encoder;
mod reader;
mod request;
mod resample;
mod side_by_side;
mod sound_track;
mod sparse;
mod stills;
mod stretch;
mod symphonia;
mod unheard;
mod video_track;

pub(crate) use demux::Demuxer;
pub(crate) use encode::{AudioEncoder, EncodedPacket, TrackParameters, VideoEncoding};
pub(crate) use image::{decode_image, decode_upright, encode_jpeg, encode_png, is_still};
pub(crate) use mux::Muxer;
pub(crate) use pcm::Sound;
pub(crate) use picture::{Picture, RgbPicture};
pub(crate) use picture_encoder::PictureEncoder;
pub(crate) use reader::MediaReader;
#[cfg(test)]
pub(crate) use request::Damage;
pub(crate) use request::{Decoded, PictureRequest, Request, Unneeded};
pub(crate) use side_by_side::{Look, PictureReader, Seen};
pub(crate) use stills::decode_stills;

#[cfg(test)]
pub(crate) mod tests;
