import type { CallOptions } from './call.cjs'
import type { InTime, Rational } from './time.cjs'

/** What counts as a boundary between scenes. */
export interface SceneOptions extends CallOptions {
  /**
   * How sure a boundary must be, 0 to 1. Lower finds more and is wrong more often; at the default both mistakes are
   * about equally frequent.
   * @default 0.5
   */
  readonly threshold?: number
  /** Also look for dissolves, fades and wipes; without it only cuts are reported. @default true */
  readonly gradual?: boolean
  /** Shortest scene, in seconds; the boundary after a shorter one is dropped. @default 0 */
  readonly minSceneDurationSeconds?: number
}

/** What `detectScenes` found. */
export interface SceneReport {
  /** Frame rate of the track, for those who count frames. */
  readonly frameRate: Rational | null
  /** Every change from one shot to the next, in order of time. */
  readonly boundaries: readonly Boundary[]
  /** The shots: they abut, the first starts with the first frame and the last ends with the video. */
  readonly scenes: readonly Scene[]
  /** What was measured of each frame, where it was asked for. */
  readonly statistics: SceneStatistics | null
}

/** What a method measured of each frame: a table of columns. */
export interface SceneStatistics {
  /** Number of each frame, counted from 0 (the first that was analyzed) in order of presentation. */
  readonly frames: readonly number[]
  /** When each frame is shown, in seconds. */
  readonly timesSeconds: readonly number[]
  /** One column for each measure; each has as many values as there are frames. */
  readonly columns: readonly StatisticsColumn[]
}

/** One measure of every frame. */
export interface StatisticsColumn {
  /** What it measures, for example `cut_probability` or `content_val`. */
  readonly name: string
  /** Where the method draws the line between one shot and a boundary, where it has one for this measure. */
  readonly threshold: number | null
  /** One value a frame. */
  readonly values: readonly number[]
}

/** One shot. */
export interface Scene extends InTime {}

/** One change from a shot to the next; its stretch of time is empty for a cut. */
export interface Boundary extends InTime {
  /** How it changes: at once, one picture shining through the other, through black or white, or by a moving edge. */
  readonly kind: 'cut' | 'dissolve' | 'fade' | 'wipe'
  /** First frame of the change, counted from 0 in order of presentation; for a cut, of the new shot. */
  readonly startFrame: number
  /** Last frame of the change; for a cut the same as `startFrame`. */
  readonly endFrame: number
  /** 0 (barely over the threshold) to 1 (certain). */
  readonly confidence: number
}
