//! The table of everything that a check can find: its stable name, its class, how severe it is, and the sentence for
//! the person who uploaded the file.

use super::report::{ReasonClass, Severity};
use crate::geometry::TrackKind;

macro_rules! codes {
    ($($variant:ident $name:literal $class:ident $severity:ident $message:literal;)*) => {
        /// One kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Code { $($variant),* }

        impl Code {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$variant),*];

            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            pub(super) const fn class(self) -> ReasonClass {
                match self { $(Self::$variant => ReasonClass::$class),* }
            }

            pub(super) const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            pub(super) const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),* }
            }
        }
    };
}

codes! {
    // What it is
    TwoTypes "two_types" Polyglot Error "The file can be read as two different formats. Please export it again.";
    Empty "empty" Empty Error "The file is empty. Please upload it again.";
    UnknownType "unknown_type" NotMedia Error "This is not a video, picture or sound file that we know.";
    Document "document" NotMedia Error "This is a document or a script, not a video, picture or sound.";
    Archive "archive" NotMedia Error "This is an archive. Please unpack it and upload the media inside.";
    Program "program" NotMedia Error "This is a program, not a video, picture or sound.";
    Playlist "playlist" ExternalReference Error "This is a playlist that points to other files. Please upload the media itself.";
    XmlExternalEntity "xml_external_entity" ExternalReference Error "This document points to other files and is not media.";
    TestVirus "test_virus" Malware Error "The file carries a pattern that virus scanners warn of.";
    WrongExtension "wrong_extension" ExtensionMismatch Error "The file is of another type than its name says. Please rename or export it again.";
    WrongMime "wrong_mime" ExtensionMismatch Error "The file is of another type than your browser said. Please export it again.";
    ExtensionFamily "extension_family" Ok Info "The file's name has the ending of a sister format.";
    ContainerNotAllowed "container_not_allowed" ContainerNotAllowed Error "This file format is not taken here. Please export it in another one, such as MP4.";
    StillImage "still_image" NotVideo Error "This is a picture. Please upload a video.";
    TooManyBytes "too_many_bytes" ResourceLimit Error "The file is too large. Please export it smaller.";
    BadFileName "bad_file_name" BadFilename Error "The file's name has characters or endings that are not safe. Please rename it.";
    OddFileName "odd_file_name" Ok Warning "The file's name has characters that some systems do not take.";
    // What is hidden in it
    HiddenPayload "hidden_payload" Polyglot Error "The file hides something else beside the media. Please export it again.";
    HiddenArchive "hidden_archive" Polyglot Error "The file is also an archive. Please export it again.";
    ActiveContent "active_content" ActiveContent Error "The file carries a script. Please export it again.";
    MetadataMarkup "metadata_markup" Ok Warning "The file's title or description contains web code; it is never run.";
    MetadataNotUtf8 "metadata_not_utf8" Ok Info "The file's title or description has characters that cannot be read.";
    TrailingBytes "trailing_bytes" TrailingData Error "Something that is no part of the media follows its end. Please export it again.";
    Padding "padding" Ok Info "The file ends in empty padding.";
    MotionPhoto "motion_photo" Ok Warning "The picture has a short video attached, as some phones do; it is left out.";
    AttachedProgram "attached_program" ActiveContent Error "The file carries a program or a document. Please export it without attachments.";
    AttachedFile "attached_file" Attachment Warning "The file has other files attached; they are left out.";
    ExternalData "external_data" ExternalReference Error "The media lies in another file than this one. Please export it as one file.";
    SubtitlePlaylist "subtitle_playlist" ExternalReference Error "The file's subtitles point to other files. Please export it without them.";
    Gps "gps" Ok Warning "The file says where it was recorded.";
    // Whether it is whole and sound
    CutShort "cut_short" Truncated Error "The file is incomplete: its end is missing. Please upload it again.";
    SampleOutsideFile "sample_outside_file" Truncated Error "The file is incomplete: part of the media is missing. Please upload it again.";
    BadBox "bad_box" Malformed Error "The file is damaged. Please export it again.";
    BadElement "bad_element" Malformed Error "The file is damaged. Please export it again.";
    BadChunk "bad_chunk" Malformed Error "The file is damaged. Please export it again.";
    BadTable "bad_table" Malformed Error "The file is damaged: its index contradicts itself. Please export it again.";
    BadTimeScale "bad_time_scale" Malformed Error "The file is damaged: its clock stands still. Please export it again.";
    DuplicateHeader "duplicate_header" Malformed Error "The file has two headers that may differ. Please export it again.";
    TooDeep "too_deep" TooDeep Error "The file is damaged. Please export it again.";
    TooManyParts "too_many_parts" ResourceLimit Error "The file is made of too many pieces. Please export it again.";
    NoHeader "no_header" NoMoov Error "The file's header is missing, as happens when a recording is interrupted. Please export it again.";
    NoTracks "no_tracks" NoStreams Error "There is no picture or sound in the file.";
    NoVideo "no_video" NoVideo Error "There is no video in the file.";
    NoAudio "no_audio_track" NoStreams Error "There is no sound in the file.";
    SilentVideo "no_audio" Ok Info "The video has no sound.";
    NoFrames "no_frames" ZeroDuration Error "The video has no pictures in it.";
    ZeroDuration "zero_duration" ZeroDuration Error "The media has no length.";
    CorruptMedia "corrupt_media" Corrupt Error "Too much of the media is damaged. Please export or upload it again.";
    CorruptImage "corrupt_image" Corrupt Error "The picture is damaged. Please export it again.";
    DecodeErrors "decode_errors" Ok Warning "A small part of the media is damaged.";
    Encrypted "encrypted" Encrypted Error "The file is protected against copying. Please upload one without protection.";
    // Whether it is within the policy
    VideoCodecNotAllowed "video_codec_not_allowed" CodecNotAllowed Error "The video uses a format that is not taken here. Please export it as H.264.";
    AudioCodecNotAllowed "audio_codec_not_allowed" CodecNotAllowed Error "The sound uses a format that is not taken here. Please export it as AAC.";
    OtherCodec "other_codec" Ok Info "A second track uses a format that is not taken here; it is left out.";
    TooShort "too_short" DurationLimit Error "The media is too short.";
    TooLong "too_long" DurationLimit Error "The media is too long. Please cut it.";
    DurationMismatch "duration_mismatch" Ok Info "The header states another length than the media has.";
    AvDurationMismatch "av_duration_mismatch" Ok Warning "Picture and sound are of different length.";
    TooSmall "picture_too_small" DimensionLimit Error "The picture is too small.";
    TooLarge "picture_too_large" DimensionLimit Error "The picture is too large. Please export it smaller.";
    CodedSize "coded_size" Ok Warning "The picture has another size than the file says.";
    BadPixelShape "bad_pixel_shape" BadSar Error "The picture would be stretched out of all proportion. Please export it again.";
    FrameRate "frame_rate" ResourceLimit Error "The video has too many pictures a second. Please export it with fewer.";
    TooManyFrames "too_many_frames" FrameLimit Error "The animation has too many pictures.";
    TooManyFramePixels "too_many_frame_pixels" ResourceLimit Error "The animation is too large to unpack.";
    Animated "animated" FrameLimit Error "The picture moves. Please upload a still one.";
    TooManyTracks "too_many_tracks" StreamLimit Error "The file has too many tracks. Please export it again.";
    TooManyChannels "too_many_channels" ChannelLimit Error "The sound has too many channels. Please export it in stereo.";
    SampleRate "sample_rate" ResourceLimit Error "The sound has too many samples a second. Please export it at 48 kHz.";
    TooMuchMetadata "too_much_metadata" MetadataLimit Error "The file carries too much data beside the media. Please export it again.";
    FrameGap "frame_gap" TimestampGap Error "The video stands still for very long. Please export it again.";
    SoundGap "sound_gap" TimestampGap Error "The sound pauses for very long. Please export it again.";
    CompressedHeader "compressed_header" ResourceLimit Error "The file's header is packed in an old way that is not taken here. Please export it again.";
    CompressedTrack "compressed_track" ResourceLimit Error "The media is packed twice in a way that is not taken here. Please export it again.";
    UnpacksTooLarge "unpacks_too_large" DecompressionBomb Error "The picture's description unpacks to far more than it is. Please export it again.";
    TrackUnpacksTooLarge "track_unpacks_too_large" DecompressionBomb Error "A track of subtitles unpacks to far more than it is. Please export the file without it.";
    CannotDecode "cannot_decode" CodecNotAllowed Error "The file uses a format that cannot be read here. Please export it as MP4.";
    OverLimit "over_limit" ResourceLimit Error "The file would take too much to open. Please export it smaller.";
    // Facts
    MoovLast "moov_last" Ok Info "The header stands at the end: playing over the network starts late.";
    Fragmented "fragmented" Ok Info "The file is made of fragments.";
    EditList "edit_list" Ok Info "The media starts with an offset.";
    ExtraStreams "extra_streams" Ok Info "The file has tracks that are neither picture nor sound.";
    AttachedPicture "attached_pic" Ok Info "The file has a cover.";
    Chapters "chapters" Ok Info "The file has chapters.";
    UnknownDuration "unknown_duration" Ok Info "The file does not tell its length.";
    Rotation "rotation" Ok Info "The picture is stored turned.";
    PixelShape "sar" Ok Info "The pixels are not square.";
    Hdr "hdr" Ok Info "The picture has high dynamic range.";
    BitDepth "bit_depth" Ok Info "The picture has more than 8 bits a color.";
    FullRange "full_range" Ok Info "The picture uses the full range of values.";
    Chroma444 "chroma_444" Ok Info "The picture has full color resolution.";
    Alpha "alpha" Ok Info "The picture is partly transparent.";
    OddDimensions "odd_dimensions" Ok Info "The picture's width or height is odd.";
    Interlaced "interlaced" Ok Info "The video is interlaced.";
    VariableFrameRate "vfr" Ok Info "The frame rate varies.";
    HighFrameRate "high_fps" Ok Info "The frame rate is high.";
    LongGop "long_gop" Ok Info "The pictures that one can jump to are far apart.";
    OpenGop "open_gop" Ok Info "Pictures that one can jump to need pictures before them.";
    StartTime "start_time" Ok Info "The media or one of its tracks begins late.";
    ResolutionChange "resolution_change" Ok Info "The picture's size changes on the way.";
    SingleFrame "single_frame" Ok Info "The video is a single picture.";
    Multichannel "multichannel" Ok Info "The sound has more than two channels.";
    LowSampleRate "audio_rate_low" Ok Info "The sound has a low sample rate.";
}

impl Code {
    /// Frames of that kind of track that lie too far apart.
    pub(super) const fn gap(kind: TrackKind) -> Self {
        if matches!(kind, TrackKind::Audio) { Self::SoundGap } else { Self::FrameGap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_a_sentence() {
        let mut names: Vec<_> = Code::ALL.iter().map(|c| c.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.message().ends_with('.') && code.message().starts_with(char::is_uppercase), "{code:?}");
        }
    }

    #[test]
    fn a_fact_never_refuses_and_a_reason_always_has_a_class() {
        for code in Code::ALL {
            assert_eq!(
                code.class() != ReasonClass::Ok,
                code.severity() == Severity::Error || *code == Code::AttachedFile,
                "{code:?}"
            );
        }
    }
}
