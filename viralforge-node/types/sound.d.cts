import type { CallOptions } from './call.cjs'
import type { InTime, TimeRangeOption } from './time.cjs'

/** How to measure a waveform. */
export interface WaveformOptions extends CallOptions {
  /** Samples in one bucket, at least 2. Memory grows with its inverse. @default 256 */
  readonly samplesPerPixel?: number
  /**
   * Buckets a second, at least 1, instead of `samplesPerPixel`. A bucket gets the sample rate divided by it, rounded
   * down, so there may be a few more.
   * @default null
   */
  readonly pixelsPerSecond?: number | null
  /** Keep the channels apart instead of mixing them to mono. @default false */
  readonly splitChannels?: boolean
  /** Measure only this stretch; `null` is the whole track. @default null */
  readonly range?: TimeRangeOption | null
}

/** What a waveform is made of. */
export interface WaveformParts {
  /** Samples a second of the sound that was measured. */
  readonly sampleRateHz: number
  /** Samples of one channel that one bucket covers; the last bucket may cover fewer. */
  readonly samplesPerPixel: number
  /** Channels in `data`: one where the sound was mixed to mono. */
  readonly channels: number
  /** For each bucket, for each channel: minimum, then maximum, as 16-bit samples. */
  readonly data: Int16Array
}

/** A waveform as JSON. */
export interface WaveformJson extends Omit<WaveformParts, 'data'> {
  /** How many buckets. */
  readonly length: number
  /** As in `WaveformParts`, as a plain array. */
  readonly data: readonly number[]
}

/** Minima and maxima of a sound track. */
export class Waveform implements WaveformParts {
  /** From parts, as they may come from elsewhere. Throws `invalid_option` where they do not fit each other. */
  constructor(parts: WaveformParts)
  /** Reads what `toJSON()` gave, as an object or as text. */
  static fromJSON(json: WaveformJson | string): Waveform
  readonly sampleRateHz: number
  readonly samplesPerPixel: number
  readonly channels: number
  readonly data: Int16Array
  /** How many buckets. */
  readonly length: number
  /** The minima, -1 to 1, for each bucket, for each channel. */
  readonly min: Float32Array
  /** The maxima, -1 to 1, for each bucket, for each channel. */
  readonly max: Float32Array
  /** For `JSON.stringify()`. */
  toJSON(): WaveformJson
}

/** Red, green and blue, each 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number]

/** How to write a waveform. */
export interface WriteWaveformOptions extends CallOptions {
  /**
   * As what: audiowaveform's binary data, the same as JSON, or a picture. `null` is what the output's extension says; a
   * stream has none.
   * @default null
   */
  readonly format?: 'dat' | 'json' | 'svg' | 'png' | null
  /** How wide a value is in data files, in bits. @default 16 */
  readonly bits?: 8 | 16
  /** Pixels from left to right, 1 to 16,384. @default 1600 */
  readonly width?: number
  /** Pixels from top to bottom, 1 to 16,384. @default 240 */
  readonly height?: number
  /** Color of the wave at its center line. @default [124,92,255] */
  readonly color?: Color
  /** Color of the wave at full scale; between the two it blends. @default [255,92,168] */
  readonly peakColor?: Color
  /** Color behind the wave. @default [18,18,26] */
  readonly background?: Color
}

/** What to measure of the loudness. */
export interface LoudnessOptions extends CallOptions {
  /** Also find the peak of the continuous signal, which costs about as much again as decoding. @default true */
  readonly truePeak?: boolean
}

/** What `measureLoudness` found. `null` where the sound is too short or silent for a figure. */
export interface LoudnessReport {
  /** Gated loudness of the whole program in LUFS (ITU-R BS.1770-5). */
  readonly integratedLufs: number | null
  /** Spread between quiet and loud passages in LU (EBU Tech 3342). */
  readonly loudnessRangeLu: number | null
  /** Loudest stretch of 3 s, in LUFS. */
  readonly maxShortTermLufs: number | null
  /** Loudest stretch of 400 ms, in LUFS. */
  readonly maxMomentaryLufs: number | null
  /** Highest peak of the continuous signal, in dB relative to full scale (BS.1770-5 annex 2). */
  readonly truePeakDbtp: number | null
  /** Highest sample, in dB relative to full scale. */
  readonly samplePeakDbfs: number | null
}

/** What counts as silence. The defaults are those of FFmpeg's `silencedetect`. */
export interface SilenceOptions extends CallOptions {
  /**
   * A sample is silent where no channel goes beyond this level, in dB relative to full scale, at most 0. Room noise of
   * a phone is around -50.
   * @default -60
   */
  readonly thresholdDbfs?: number
  /** Shortest silence, in seconds; pauses between sentences are 0.3 to 1 s. @default 2 */
  readonly minDurationSeconds?: number
}

/** What `detectSilence` found. */
export interface SilenceReport {
  /** Every silence, in order of time: from the first silent sample to the first that is not. */
  readonly silences: readonly Silence[]
}

/** One silence. */
export interface Silence extends InTime {}
