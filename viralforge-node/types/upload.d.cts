import type { CallOptions } from './call.cjs'
import type { MediaInfo } from './media.cjs'

/** What an upload is for. */
export type UploadSlot = 'video' | 'image' | 'audio'

/**
 * How deep to look: at the name, the size, and the first and last kilobytes (`signature`); also at the container, from
 * end to end (`structure`); also at what FFmpeg sees, with a bounded decode (`decode`).
 */
export type ValidationDepth = 'signature' | 'structure' | 'decode'

/** What to do with a thing that some hosts mind and others do not. */
export type Treatment = 'reject' | 'warn' | 'allow'

/**
 * What a host takes from its users. Every bound is inclusive. The defaults are those of a video; `uploadPolicy()` has
 * them for the other slots.
 */
export interface UploadPolicy {
  /** What the upload is for. @default "video" */
  readonly slot: UploadSlot
  /** The name that the user's file has; `null` leaves names and extensions unchecked. @default null */
  readonly fileName: string | null
  /** The media type that the client declared (`Content-Type`); `null` leaves it unchecked. @default null */
  readonly declaredMime: string | null
  /** How deep to look; each step includes the ones before and costs more. @default "decode" */
  readonly depth: ValidationDepth
  /** Whether a decode is of everything rather than of the beginning, the end and places between. @default false */
  readonly decodeWhole: boolean
  /** Size of the file in bytes; 10 MB for an image. @default 100000000 */
  readonly maxBytes: number
  /**
   * Containers that are taken, by the names of `MediaInfo.container`.
   * @default ["mp4","mov","m4v","3gp","matroska","webm","avi","mpegts"]
   */
  readonly allowedContainers: readonly string[]
  /**
   * Video codecs that are taken, by FFmpeg's names.
   * @default ["h264","hevc","vp8","vp9","av1","mpeg4","mpeg2video","mjpeg","prores","h263"]
   */
  readonly allowedVideoCodecs: readonly string[]
  /**
   * Audio codecs that are taken, by FFmpeg's names; `pcm` stands for every kind of PCM.
   * @default ["aac","mp3","opus","vorbis","pcm","ac3","flac","alac"]
   */
  readonly allowedAudioCodecs: readonly string[]
  /** Shortest media, in seconds; media without any length is refused in any case. @default 0 */
  readonly minDurationSeconds: number
  /** Longest media, in seconds. @default 14400 */
  readonly maxDurationSeconds: number
  /** The smallest width and height of a picture, in pixels; 1 for an image. @default 16 */
  readonly minSide: number
  /** The largest width and height of a picture as stored and as shown, in pixels. @default 8192 */
  readonly maxSide: number
  /** Pixels of one picture; 50 million for an image. @default 35389440 */
  readonly maxPixels: number
  /** How far from square a pixel may be, as long side to short side, at least 1. @default 10 */
  readonly maxPixelAspect: number
  /** Frames a second, above 0. @default 1000 */
  readonly maxFrameRate: number
  /** Pictures of an animated image. @default 1000 */
  readonly maxImageFrames: number
  /** Whether an image may move. @default true */
  readonly allowAnimation: boolean
  /** Tracks, attachments included. @default 32 */
  readonly maxStreams: number
  /** Channels of one sound track. @default 16 */
  readonly maxChannels: number
  /** Samples a second of one sound track, in hertz. @default 192000 */
  readonly maxSampleRateHz: number
  /** Whether a video must have sound. @default false */
  readonly requireAudio: boolean
  /** The longest time from one frame to the next, in seconds. @default 60 */
  readonly maxFrameGapSeconds: number
  /** Bytes of everything that is not picture or sound; 1 MiB for an image. @default 67108864 */
  readonly maxMetadataBytes: number
  /** Share of the decoded frames that may be damaged, 0 to 1. @default 0.05 */
  readonly maxDamagedShare: number
  /** What to do with a place in the metadata (GPS). @default "warn" */
  readonly location: Treatment
  /** What to do with files inside the file; programs and documents are refused in any case. @default "warn" */
  readonly attachments: Treatment
  /** What to do with tracks that are neither picture nor sound. @default "allow" */
  readonly dataTracks: Treatment
  /** What to do with bytes after the end that nothing explains. @default "reject" */
  readonly trailingBytes: Treatment
  /** The longest file name, in bytes of UTF-8. @default 255 */
  readonly maxFileNameBytes: number
}

/** Options of `validateUpload`. */
export interface UploadOptions extends CallOptions {
  /** What is taken: a slot's own policy, or what differs from that of `slot`. @default "video" */
  readonly policy?: UploadSlot | Partial<UploadPolicy>
  /** The name that this file has; goes before the policy's. @default null */
  readonly fileName?: string | null
  /** The media type that the client declared for this file; goes before the policy's. @default null */
  readonly declaredMime?: string | null
}

/** What `validateUpload` found. */
export interface UploadReport {
  /** Whether to take it: follows from the severest finding. */
  readonly verdict: 'accept' | 'accept_with_warnings' | 'reject'
  /** The media type that the bytes have, whatever the name says; `application/octet-stream` where unknown. */
  readonly mime: string
  /** A name that is safe in a file system, a URL and a command line, with the extension of the true type. */
  readonly safeName: string
  /** Everything that was found, the severest first. */
  readonly findings: readonly Finding[]
  /** The media's facts, where the check came far enough to read them. */
  readonly media: MediaInfo | null
  /** What the decode found, where the check came as far as that. */
  readonly decoded: DecodedShare | null
}

/** How much of an upload was decoded, and how much of that is damaged. */
export interface DecodedShare {
  /** Whether everything was decoded, rather than samples of it. */
  readonly whole: boolean
  /** Pictures that were decoded, damaged ones included. */
  readonly frames: number
  /** Pictures among them that are damaged, and packets that gave none. */
  readonly damagedFrames: number
  /** Pieces of sound that were decoded. */
  readonly audioFrames: number
  /** Pieces of sound that are damaged. */
  readonly damagedAudioFrames: number
  /** Share of all that was decoded that is damaged, 0 to 1, of pictures or of sound, whichever is worse. */
  readonly damagedShare: number
}

/** Options of an `UploadInspector`. */
export interface InspectorOptions {
  /** What is taken: a slot's own policy, or what differs from that of `slot`. @default "video" */
  readonly policy?: UploadSlot | Partial<UploadPolicy>
  /** The name that this file has; goes before the policy's. @default null */
  readonly fileName?: string | null
  /** The media type that the client declared for this file; goes before the policy's. @default null */
  readonly declaredMime?: string | null
}

/**
 * Looks at an upload while it is still coming, and tells as early as possible that the rest need not be sent: a wrong
 * type, a size over the limit, a header that breaks the rules.
 *
 * It refuses only for what `validateUpload` refuses as well, so an upload that it lets pass still has to be validated
 * when it is whole. It keeps up to 1 MiB, and that only until it has looked at it; it never decodes.
 *
 * @example
 * const inspector = new UploadInspector({ policy: 'image', fileName: 'cover.png' }, length)
 * for await (const piece of request) {
 *   if (inspector.push(piece) === 'reject') return refuse(inspector.report().findings[0].message)
 * }
 */
export class UploadInspector {
  /**
   * @param options What the upload is held against.
   * @param byteLen How long it will be, in bytes, where that is known.
   * @throws {ViralforgeError} `invalid_option` where the policy contradicts itself.
   */
  constructor(options?: InspectorOptions, byteLen?: number)
  /** Takes the bytes that came next, in the order of the file, and tells what is known by now. */
  push(bytes: Uint8Array): UploadReport['verdict']
  /** What has been found so far. Neither facts of the media nor a decode are part of it. */
  report(): UploadReport
  /** How many bytes have come. */
  readonly seenBytes: number
}

/** Options of `sanitizeUpload`. */
export interface SanitizeOptions extends CallOptions {
  /**
   * What the structure of the source is held against first, whatever it says of what is removed: what differs from the
   * policy of a video, or all of one, as `uploadPolicy` gives it; `null` means that of the slot the file fits.
   * @default null
   */
  readonly policy?: Partial<UploadPolicy> | null
  /** Keep chapters with their titles; pictures of chapters go in any case. @default true */
  readonly keepChapters?: boolean
}

/** What `sanitizeUpload` did. */
export interface SanitizeReport {
  /** The media type of both files. */
  readonly mime: string
  /** Size of the source in bytes. */
  readonly bytesIn: number
  /** Size of the output in bytes. A header that grew can make it a little larger than the source. */
  readonly bytesOut: number
  /** Whether the source had its header behind the media; the output has it in front. */
  readonly headerWasLast: boolean
  /** What was removed, one entry for each kind; what is overwritten in place is not listed. */
  readonly removed: readonly Removed[]
}

/** Everything of one kind that was removed. */
export interface Removed {
  /** The kind. */
  readonly what: RemovedKind
  /** How many pieces. */
  readonly count: number
  /** Bytes of all of them, their headers included. */
  readonly bytes: number
}

/** Kinds of things that are removed. */
export type RemovedKind =
  | 'location'
  | 'exif'
  | 'xmp'
  | 'tags'
  | 'comment'
  | 'cover'
  | 'preview'
  | 'chapters'
  | 'attachment'
  | 'data_track'
  | 'index'
  | 'unknown_box'
  | 'free_space'
  | 'unreferenced_bytes'
  | 'trailing_bytes'

/** One thing that was found. */
export interface Finding {
  /** Stable name of exactly this finding: `sample_outside_file`, `gps` … */
  readonly code: string
  /** The kind of reason that it is. */
  readonly class: ReasonClass
  /** What it means for the verdict. */
  readonly severity: 'info' | 'warning' | 'error'
  /** Where in the file, in bytes from its start; `null` where it is about the whole. */
  readonly offset: number | null
  /** The track that it is about, counted from 0 in the file's order; `null` where it is about the whole. */
  readonly track: number | null
  /** A sentence for the person who uploaded it: what is wrong and what to do. */
  readonly message: string
  /** The particulars for whoever runs the service. May quote the file: escape it where it is shown. */
  readonly operatorMessage: string
}

/** The kinds of reasons for refusing an upload; `ok` is a fact and no reason. */
export type ReasonClass =
  | 'ok'
  | 'empty'
  | 'not_media'
  | 'extension_mismatch'
  | 'container_not_allowed'
  | 'codec_not_allowed'
  | 'bad_filename'
  | 'polyglot'
  | 'active_content'
  | 'trailing_data'
  | 'malware'
  | 'attachment'
  | 'external_reference'
  | 'truncated'
  | 'malformed'
  | 'too_deep'
  | 'corrupt'
  | 'no_moov'
  | 'no_streams'
  | 'no_video'
  | 'not_video'
  | 'no_frames'
  | 'zero_duration'
  | 'duration_limit'
  | 'dimension_limit'
  | 'bad_sar'
  | 'frame_limit'
  | 'stream_limit'
  | 'channel_limit'
  | 'metadata_limit'
  | 'timestamp_gap'
  | 'resource_limit'
  | 'decompression_bomb'
  | 'encrypted'
