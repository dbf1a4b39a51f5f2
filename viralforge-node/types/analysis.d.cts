import type { CallOptions } from './call.cjs'
import type { MediaInfo } from './media.cjs'
import type { SceneOptions, SceneReport } from './scene.cjs'
import type {
  LoudnessOptions,
  LoudnessReport,
  SilenceOptions,
  SilenceReport,
  Waveform,
  WaveformOptions,
} from './sound.cjs'

/** A verb's own options, without those of the call. */
type Own<T> = Omit<T, keyof CallOptions>

/** What to analyze: `true` with default options, an object with these, `false` not at all. */
export interface AnalysisOptions extends CallOptions {
  /** Shots and boundaries. @default true */
  readonly scenes?: boolean | Own<SceneOptions> | null
  /** Minima and maxima of the sound. @default true */
  readonly waveform?: boolean | Own<WaveformOptions> | null
  /** Loudness. @default true */
  readonly loudness?: boolean | Own<LoudnessOptions> | null
  /** Silences. @default true */
  readonly silence?: boolean | Own<SilenceOptions> | null
  /** How good each frame looks; 48 bytes a frame. @default true */
  readonly quality?: boolean
  /** Where the subject is; 32 bytes a frame. @default true */
  readonly subject?: boolean
}

/**
 * What `analyze` found: a handle to memory outside of JavaScript's heap. A part becomes JavaScript when it is first
 * looked at; it is `null` where it was not asked for or where the file lacks the track for it.
 */
export class Analysis {
  private constructor()
  /** Reads what `toJSON()` gave, as an object or as text. Throws `invalid_option` for anything else. */
  static fromJSON(json: AnalysisJson | string): Analysis
  /** The facts of the file. */
  readonly media: MediaInfo
  /** Shots and boundaries. */
  readonly scenes: SceneReport | null
  /** Minima and maxima of the sound. */
  readonly waveform: Waveform | null
  /** Loudness of the sound. */
  readonly loudness: LoudnessReport | null
  /** Silences of the sound. */
  readonly silence: SilenceReport | null
  /** How good each frame looks. */
  readonly quality: FrameQuality | null
  /** Where the subject of each frame is. */
  readonly subject: SubjectSamples | null
  /** Packets of pictures or sound that no decoder could use: where there are any, the parts tell about the rest. */
  readonly undecodablePackets: number
  /**
   * All of it, for `JSON.stringify()`; about 500 bytes a frame. It is made at once: an hour of video takes a good
   * second.
   */
  toJSON(): AnalysisJson
}

/** An analysis as JSON, to be stored; its inside may change from version to version. */
export interface AnalysisJson {
  readonly media: MediaInfo
  readonly [part: string]: unknown
}

/** How good each frame looks, in order of time; one array for each figure, all of the same length. */
export interface FrameQuality {
  /** When the frame is shown, in seconds. */
  readonly timeSeconds: Float64Array
  /** Mean luma, 0 (black) to 1 (white). */
  readonly brightness: Float32Array
  /** Standard deviation of luma, 0 (flat) to about 0.5. */
  readonly contrast: Float32Array
  /** Mean absolute Laplacian of luma at half resolution or better, 0 (flat or out of focus) to 1. */
  readonly sharpness: Float32Array
  /** Mean distance of the colors from grey, 0 to 1. */
  readonly saturation: Float32Array
  /** Share of pixels that are nearly black, 0 to 1. */
  readonly darkShare: Float32Array
  /** Share of pixels that are nearly white, 0 to 1. */
  readonly brightShare: Float32Array
  /** Mean absolute difference from the frame before, 0 (still) to 1. */
  readonly motion: Float32Array
}

/** Where the subject of each frame is, in order of time, in shares of the upright picture: 0 is left or top. */
export interface SubjectSamples {
  /** When the frame is shown, in seconds. */
  readonly timeSeconds: Float64Array
  /** Center from left to right, 0 to 1. */
  readonly centerX: Float32Array
  /** Center from top to bottom, 0 to 1. */
  readonly centerY: Float32Array
  /** How sure that is: 0 (nothing stands out; the center is a guess) to 1. */
  readonly weight: Float32Array
}
