import type { TrackKind } from './call.cjs'
import type { AspectText, Size } from './geometry.cjs'
import type { InTime, Rational } from './time.cjs'

/** What a file is and holds. */
export interface MediaInfo {
  /** Short name of the container: `mp4`, `mov`, `matroska`, `webm`, `mpegts`, `wav` … */
  readonly container: string
  /** Size of the file in bytes. */
  readonly byteLen: number
  /** Length of the whole, exactly, in seconds; `null` where the file does not tell. */
  readonly duration: Rational | null
  /** Length of the whole in seconds. */
  readonly durationSeconds: number | null
  /** Bits a second over the whole file. */
  readonly bitRateBps: number | null
  /** Its tracks, in the file's order. */
  readonly streams: readonly StreamInfo[]
  /** Its chapters, in order of time. */
  readonly chapters: readonly Chapter[]
  /** Its tags (title, encoder …), in the file's order. */
  readonly tags: readonly Tag[]
}

/**
 * One track of a file. What does not apply to its kind is missing; a fact that the file does not tell is `null`.
 */
export interface StreamInfo {
  /** Its place in the file, from 0. */
  readonly index: number
  /** What it holds. */
  readonly kind: TrackKind
  /** FFmpeg's name of the codec: `h264`, `hevc`, `aac` …; `unknown` where it has none. */
  readonly codec: string
  /** Profile of the codec: `High`, `Main 10`, `LC` … */
  readonly profile: string | null
  /** Level of the codec in its own counting: `41` is H.264 level 4.1, `120` is HEVC level 4. */
  readonly level: number | null
  /** Whether players pick it when nobody chooses. */
  readonly default: boolean
  /** Whether it is a cover picture rather than a video. */
  readonly attachedPicture: boolean
  /** ISO 639 code of its language. */
  readonly language: string | null
  /** Its length, exactly, in seconds. */
  readonly duration: Rational | null
  /** Its length in seconds. */
  readonly durationSeconds: number | null
  /** Bits a second. */
  readonly bitRateBps: number | null
  /** Pictures or packets that the container counts; rarely exact outside MP4. */
  readonly frameCount: number | null
  /** Tags of this track. */
  readonly tags: readonly Tag[]

  /** Video: stored pixels from left to right, before rotation and before the shape of pixels. */
  readonly width?: number
  /** Video: stored pixels from top to bottom. */
  readonly height?: number
  /** Video: size that a player shows, upright and with square pixels. */
  readonly displaySize?: Size
  /** Video: shape of one pixel; `1:1` is square. */
  readonly sampleAspectRatio?: AspectText
  /** Video: shape of the picture as shown. */
  readonly displayAspectRatio?: AspectText
  /** Video: how the stored picture must be turned to stand upright, in degrees clockwise: 0, 90, 180 or 270. */
  readonly rotationDegrees?: number
  /** Video: whether the stored picture must also be mirrored left to right before it is turned. */
  readonly mirrored?: boolean
  /** Video: frames a second; the real rate where it is constant, the average where it varies. */
  readonly frameRate?: Rational | null
  /** Video: whether frames last differently long. */
  readonly variableFrameRate?: boolean
  /** Video: FFmpeg's name of the pixel format: `yuv420p`, `yuv420p10le` … */
  readonly pixelFormat?: string | null
  /** Video: bits of one sample of one color component. */
  readonly bitDepth?: number | null
  /** Video: whether the pictures are fields of an interlaced signal. */
  readonly interlaced?: boolean
  /** Video: `tv` (limited) or `pc` (full) range of values. */
  readonly colorRange?: string | null
  /** Video: matrix of the color differences: `bt709`, `bt2020nc` … */
  readonly colorSpace?: string | null
  /** Video: transfer characteristic: `bt709`, `smpte2084` … */
  readonly colorTransfer?: string | null
  /** Video: primaries: `bt709`, `bt2020` … */
  readonly colorPrimaries?: string | null
  /** Video: kind of high dynamic range; `null` is SDR. */
  readonly hdr?: HdrKind | null
  /** Video: the longest stretch between two keyframes in seconds, where the container's index tells it cheaply. */
  readonly maxKeyframeIntervalSeconds?: number | null

  /** Sound: samples a second. */
  readonly sampleRateHz?: number
  /** Sound: how many channels. */
  readonly channels?: number
  /** Sound: FFmpeg's name of the layout: `mono`, `stereo`, `5.1(side)` … */
  readonly channelLayout?: string | null
  /** Sound: bits of one sample, where the codec stores whole samples. */
  readonly bitsPerSample?: number | null
}

/**
 * Kinds of high dynamic range: `pq` without static metadata, `hdr10` (PQ with it), `hdr10_plus` (PQ with dynamic
 * metadata), `hlg`, `dolby_vision`.
 */
export type HdrKind = 'pq' | 'hdr10' | 'hdr10_plus' | 'hlg' | 'dolby_vision'

/** One chapter. */
export interface Chapter extends InTime {
  /** Its title. */
  readonly title: string | null
}

/** A name and a text that the file carries. */
export interface Tag {
  /** Its name, as the file spells it. */
  readonly key: string
  /** Its text. */
  readonly value: string
}
