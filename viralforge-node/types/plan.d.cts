import type { CallOptions } from './call.cjs'
import type { AspectRatio, AspectText, CropRect, Size } from './geometry.cjs'
import type { InTime, Rational, TimeRange, TimeRangeOption } from './time.cjs'

/** What `planReframe` is asked for. */
export interface ReframeOptions extends CallOptions {
  /** The shape to cut out. @default "9:16" */
  readonly aspect?: AspectRatio
  /**
   * How far, in shares of the crop, the subject may stray from the middle of a crop that stands still, 0 to 0.5. More
   * makes calmer pictures, less keeps the subject nearer to the middle.
   * @default 0.15
   */
  readonly stillTolerance?: number
}

/** A crop for every moment of a video. Plain data: it can be stored, edited and sent elsewhere. */
export interface ReframePlan {
  /** The shape that is cut out. */
  readonly aspect: AspectText
  /** Size of the upright picture with square pixels that the crops refer to. */
  readonly sourceSize: Size
  /** One path a shot, in order of time; they do not overlap. */
  readonly shots: readonly ReframeShot[]
}

/** The path of the crop through one shot. */
export interface ReframeShot extends InTime {
  /**
   * Where the crop is at some moments, in order of time, at least one; between them it moves in a straight line, before
   * the first and after the last it stands still.
   */
  readonly keyframes: readonly CropKeyframe[]
}

/** Where the crop is at one moment. */
export interface CropKeyframe {
  /** The moment, exactly, in seconds. */
  readonly time: Rational
  /** The moment in seconds. */
  readonly timeSeconds: number
  /** What is shown then. */
  readonly crop: CropRect
}

/** What is said and when, from a subtitle file. */
export interface Transcript {
  /** The cues, by their beginning. They may overlap, as two speakers do. */
  readonly cues: readonly Cue[]
}

/** One piece of text and when it is heard. */
export interface Cue extends InTime {
  /** The text without markup; lines are separated by `\n`. */
  readonly text: string
}

/** A transcript as an option: cues of your own need a stretch of time and a text. */
export interface TranscriptOption {
  /** The cues, in any order. */
  readonly cues: readonly (TimeRangeOption & Pick<Cue, 'text'>)[]
}

/** What `suggestClips` is asked for. */
export interface ClipOptions extends CallOptions {
  /**
   * How many clips, 1 to 50. There are fewer where the source is too short for so many, and where what is left scores
   * below a third of the best one, as black and credits do.
   * @default 3
   */
  readonly count?: number
  /** Shortest clip, in seconds. Where the source is too short, clips may be down to a third shorter. @default 15 */
  readonly minDurationSeconds?: number
  /** Longest clip, in seconds; every platform takes the default. @default 60 */
  readonly maxDurationSeconds?: number
  /** What is said: clips then begin and end between cues, and speech counts. @default null */
  readonly transcript?: TranscriptOption | null
}

/** A stretch that is worth a clip, and why. */
export interface ClipSuggestion extends InTime {
  /** 0 (nothing speaks for it) to 1 (everything does), within this file. */
  readonly score: number
  /** What speaks for it, the strongest first. */
  readonly reasons: readonly ClipReason[]
}

/** One thing that speaks for a clip. */
export interface ClipReason {
  /** Name of the signal: `loudness`, `motion`, `pace`, `sharpness`, `speech`, `words`, `opening`, `boundary`. */
  readonly signal: string
  /** 0 to 1 within this file. */
  readonly value: number
  /** The same in words. */
  readonly text: string
}

/** A platform that clips are made for. */
export type Preset = 'tiktok' | 'reels' | 'shorts' | 'youtube'

/**
 * How a stretch is cut out: everything is encoded again (`exact`), or only the GOPs at its edges (`smart`); where that
 * cannot be done, the cut is exact and the report says so.
 */
export type CutMode = 'exact' | 'smart'

/** How long the encoder thinks about each picture: x264's presets. */
export type Speed =
  | 'ultrafast'
  | 'superfast'
  | 'veryfast'
  | 'faster'
  | 'fast'
  | 'medium'
  | 'slow'
  | 'slower'
  | 'veryslow'

/** What to make of a file. `null` is the preset's value, where there is one, else as said there. */
export interface TranscodeOptions extends CallOptions {
  /** The platform to make it for: shape, size and encoding are then what it wants. @default null */
  readonly preset?: Preset | null
  /** The stretch to show; frames whose time lies in it are written. `null` is all. @default null */
  readonly range?: TimeRangeOption | null
  /** How the stretch is cut out. @default "exact" */
  readonly cut?: CutMode
  /** The crop at each moment; `aspect` may still crop where there is none. @default null */
  readonly reframe?: ReframePlan | null
  /** The shape of the result where there is no `reframe`: the middle of the picture is cut to it. @default null */
  readonly aspect?: AspectRatio | null
  /** Exact size of the result, each side even and 16 to 8192 pixels. @default null */
  readonly size?: Size | null
  /** Height of the result in pixels, even and 16 to 8192, the width following from the shape. @default null */
  readonly height?: number | null
  /**
   * Constant rate factor of x264, 0 (lossless) to 51 (worst); six steps halve the size. 23 where no preset says
   * otherwise.
   * @default null
   */
  readonly crf?: number | null
  /** How long the encoder thinks about each picture. @default "medium" */
  readonly speed?: Speed
  /** The longest distance between keyframes in seconds, above 0 and at most 60. @default 2 */
  readonly keyframeIntervalSeconds?: number
  /**
   * Put frames at even distances, at the rate that the source's means and at most 60 a second: what platforms want.
   * Without a preset every picture keeps its time.
   * @default null
   */
  readonly constantFrameRate?: boolean | null
  /** Bits a second of the sound, 8,000 to 512,000. 128,000 where no preset says otherwise. @default null */
  readonly audioBitRateBps?: number | null
  /** Samples a second of the sound, in hertz. The source's own where no preset says otherwise. @default null */
  readonly audioSampleRateHz?: number | null
  /** Leave the sound out. @default false */
  readonly mute?: boolean
}

/** A file to make of a source. Plain data: it can be stored, edited, sent elsewhere and rendered later. */
export interface RenderPlan {
  /** The stretch to show; `null` is all. */
  readonly range: TimeRange | null
  /** How the stretch is cut out. */
  readonly cut: CutMode
  /** The crop at each moment. */
  readonly reframe: ReframePlan | null
  /** The shape of the result where there is no `reframe`. */
  readonly aspect: AspectText | null
  /** Exact size of the result. */
  readonly size: Size | null
  /** Height of the result in pixels. */
  readonly height: number | null
  /** Constant rate factor of x264. */
  readonly crf: number
  /** How long the encoder thinks about each picture. */
  readonly speed: Speed
  /** The longest distance between keyframes in seconds. */
  readonly keyframeIntervalSeconds: number
  /** Put frames at even distances. */
  readonly constantFrameRate: boolean
  /** Bits a second of the sound. */
  readonly audioBitRateBps: number
  /** Samples a second of the sound, in hertz; `null` is the source's own. */
  readonly audioSampleRateHz: number | null
  /** Leave the sound out. */
  readonly mute: boolean
}

/** What `render` and `transcode` wrote. */
export interface RenderReport {
  /** Where it was written: the path, or `stream`. */
  readonly output: string
  /** Pictures in the file. */
  readonly framesWritten: number
  /** Length of the picture track, exactly, in seconds. */
  readonly duration: Rational | null
  /** Length of the picture track in seconds. */
  readonly durationSeconds: number | null
  /** Size of the file in bytes. */
  readonly bytesWritten: number
  /** Pixels of the picture from left to right. */
  readonly width: number
  /** Pixels of the picture from top to bottom. */
  readonly height: number
  /** How the stretch was cut out, which may be another way than was asked for; see `warnings`. */
  readonly cut: CutMode
  /** What a person should know about the result. */
  readonly warnings: readonly string[]
}
