//! From decoded pictures to encoded packets: filter, then encode.

use std::collections::VecDeque;

use super::encode::{EncodedPacket, TrackParameters, VideoEncoder, VideoEncoding};
use super::filter::{PixelFormat, VideoFilter, VideoFilterSpec};
use super::picture::Picture;
use crate::error::Result;
use crate::geometry::CropRect;
use crate::time::Timestamp;

/// Crops, scales and encodes pictures. The encoder opens with the first of them, whose colours it declares.
pub(crate) struct PictureEncoder {
    encoding: VideoEncoding,
    name: String,
    filter: VideoFilter,
    encoder: Option<VideoEncoder>,
    ready: VecDeque<EncodedPacket>,
    /// Taken off every time.
    begin: Timestamp,
    pictures: u64,
}

impl PictureEncoder {
    /// `begin` is the time of the first picture, which becomes zero; `name` of the output stands in messages.
    pub(crate) fn new(encoding: VideoEncoding, begin: Timestamp, name: &str) -> Self {
        let spec = VideoFilterSpec { size: encoding.size, format: PixelFormat::Yuv420p };
        Self {
            encoding,
            name: name.to_owned(),
            filter: VideoFilter::new(spec),
            encoder: None,
            ready: VecDeque::new(),
            begin,
            pictures: 0,
        }
    }

    /// Encodes the part of a picture inside `crop` (display pixels), to be shown at `time` for `duration`.
    pub(crate) fn push(
        &mut self,
        picture: &Picture,
        crop: CropRect,
        time: Timestamp,
        duration: Timestamp,
    ) -> Result<()> {
        self.filter.push(picture, crop, time, duration)?;
        self.encode()
    }

    /// Says that there are no more pictures.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.filter.finish()?;
        self.encode()?;
        if let Some(encoder) = &mut self.encoder {
            encoder.finish()?;
        }
        self.collect()
    }

    /// What a muxer must know, once the first picture is in.
    pub(crate) fn parameters(&self) -> Option<Result<TrackParameters>> {
        self.encoder.as_ref().map(VideoEncoder::parameters)
    }

    /// The next finished packet, if there is one.
    pub(crate) fn pull(&mut self) -> Option<EncodedPacket> {
        self.ready.pop_front()
    }

    /// Pictures that went to the encoder.
    pub(crate) fn pictures(&self) -> u64 {
        self.pictures
    }

    fn encode(&mut self) -> Result<()> {
        while let Some((frame, time, duration)) = self.filter.pull_timed() {
            let encoder = match &mut self.encoder {
                Some(encoder) => encoder,
                none => none.insert(VideoEncoder::open(&self.encoding, &frame, &self.name)?),
            };
            encoder.push(frame, time - self.begin, duration)?;
            self.pictures += 1;
            self.collect()?;
        }
        Ok(())
    }

    fn collect(&mut self) -> Result<()> {
        if let Some(encoder) = &mut self.encoder {
            while let Some(packet) = encoder.pull()? {
                self.ready.push_back(packet);
            }
        }
        Ok(())
    }
}
