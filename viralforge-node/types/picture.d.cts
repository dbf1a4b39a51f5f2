import type { Analysis } from './analysis.cjs'
import type { CallOptions } from './call.cjs'
import type { Size } from './geometry.cjs'
import type { ReframePlan } from './plan.cjs'
import type { Moment, Rational, TimeRangeOption } from './time.cjs'

/** How thumbnails are chosen and encoded. */
export interface ThumbnailOptions extends CallOptions {
  /** How many, 1 to 100; fewer where the video has fewer frames. @default 3 */
  readonly count?: number
  /** The longer side of the pictures in pixels, 16 to 8192; a smaller source is not enlarged. @default 1280 */
  readonly maxSide?: number
  /** Quality of the JPEG, 1 (tiny) to 100 (best). @default 85 */
  readonly jpegQuality?: number
  /** Choose only from this stretch, as for the cover of a clip; `null` is the whole video. @default null */
  readonly range?: TimeRangeOption | null
  /** Show only the crop of that moment; `null` is the whole picture. @default null */
  readonly reframe?: ReframePlan | null
  /** What `analyze` found for the same source, with quality: saves analyzing it again. @default null */
  readonly analysis?: Analysis | null
}

/** What `extractThumbnails` made. */
export interface ThumbnailReport {
  /** The pictures, best first. */
  readonly thumbnails: readonly Thumbnail[]
}

/** A picture of one moment. */
export interface Shown extends Size {
  /** When the frame is shown, exactly, in seconds. */
  readonly time: Rational
  /** When the frame is shown, in seconds. */
  readonly timeSeconds: number
}

/** One picture that stands for a video, and why. */
export interface Thumbnail extends Shown {
  /** 0 (black, blurred, in the middle of a change) to 1 (sharp, well exposed, colorful). */
  readonly score: number
  /** What speaks for it, in words. */
  readonly reasons: readonly string[]
  /** Always `null` here: nothing was written. */
  readonly output: string | null
  /** The JPEG's bytes. */
  readonly jpeg: Uint8Array
}

/** Which frames to take out of a video. */
export interface FrameOptions extends CallOptions {
  /**
   * The moments, in any order, 1 to 10,000 of them; numbers are seconds. One before the first frame means the first
   * frame, one after the last frame the last.
   */
  readonly times: readonly Moment[] | Float64Array | Float32Array
  /** The longer side of the pictures in pixels, 16 to 8192; `null` is the source's own. @default null */
  readonly maxSide?: number | null
  /** Show only the crop of that moment; `null` is the whole picture. @default null */
  readonly reframe?: ReframePlan | null
}

/** One decoded frame, upright and with square pixels. */
export interface Frame extends Shown {
  /** Red, green and blue of each pixel, from left to right and top to bottom without gaps: width × height × 3 bytes. */
  readonly data: Uint8Array
}

/** How a contact sheet is made. */
export interface StoryboardOptions extends CallOptions {
  /**
   * Moments to show, in order of time, at most 400; numbers are seconds. None spreads `count` tiles evenly over the
   * video.
   * @default []
   */
  readonly times?: readonly Moment[] | Float64Array | Float32Array
  /** How many tiles where no moments are given, 1 to 400. @default 25 */
  readonly count?: number
  /** Tiles in a row, 1 to 20. @default 5 */
  readonly columns?: number
  /**
   * The box that each tile fits into, sides of 16 to 640 pixels; tiles have the shape of the video.
   * @default {"width":160,"height":160}
   */
  readonly tile?: Size
  /** Quality of the JPEG, 1 (tiny) to 100 (best). @default 80 */
  readonly jpegQuality?: number
}

/** A contact sheet; width and height are those of the sheet in pixels. */
export interface Storyboard extends Size {
  /** The sheet as a JPEG. */
  readonly jpeg: Uint8Array
  /** Its tiles, in order of time, from left to right and top to bottom. */
  readonly tiles: readonly StoryboardTile[]
  /** How long the video is, exactly, in seconds. */
  readonly duration: Rational
  /** How long the video is, in seconds. */
  readonly durationSeconds: number
}

/** One picture on a contact sheet, and its place there in pixels. */
export interface StoryboardTile extends Shown {
  /** From when on it stands for the video, exactly, in seconds; until the next tile does. */
  readonly start: Rational
  /** The same in seconds. */
  readonly startSeconds: number
  /** Left edge. */
  readonly x: number
  /** Top edge. */
  readonly y: number
}
