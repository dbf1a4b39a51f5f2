import type { CallOptions } from './call.cjs'
import type { SceneMethod } from './scene_method.cjs'
import type { InTime, Rational, TimeRangeOption } from './time.cjs'

/** How one shot becomes the next: at once, one picture shining through the other, through black or white, by an edge. */
export type BoundaryKind = 'cut' | 'dissolve' | 'fade' | 'wipe'

/** What counts as a boundary between scenes, and how hard to look for it. */
export interface SceneOptions extends CallOptions {
  /**
   * How boundaries are found. The standard method needs no tuning and is the only one to find all kinds.
   * @default {"name": "standard"}
   */
  readonly method?: SceneMethod
  /**
   * How sure a boundary of the standard method must be, 0 to 1. Lower finds more and is wrong more often; at the
   * default both mistakes are about equally frequent. The other methods have thresholds of their own.
   * @default 0.5
   */
  readonly threshold?: number
  /**
   * Kinds that are reported, at least one; a boundary of another kind is none.
   * @default ["cut", "dissolve", "fade", "wipe"]
   */
  readonly kinds?: readonly BoundaryKind[]
  /**
   * Shortest scene, in seconds; the boundary after a shorter one is dropped, so that it becomes a part of the next.
   * @default 0
   */
  readonly minSceneDurationSeconds?: number
  /** Look only at this stretch; frames are counted from its start. `null` means everything. @default null */
  readonly range?: TimeRangeOption | null
  /**
   * Look at every so many-th frame, 1 to 100; boundaries are told as exactly as that allows.
   * @default 1
   */
  readonly frameStep?: number
  /**
   * Accuracy against speed, for the standard method; the others look at every frame. `accurate` decodes every frame;
   * `balanced` leaves out frames that no other frame needs between two that are alike, and finds the same; `fast` leaves
   * them all out: boundaries may be told some frames off, and very short scenes may be missed.
   * @default "balanced"
   */
  readonly mode?: 'accurate' | 'balanced' | 'fast'
  /**
   * Stretches of the file that are decoded side by side, 1 to 16; the report is the same for any number. `null` means
   * as many as there are cores and memory for.
   * @default null
   */
  readonly segments?: number | null
  /** Also report what was measured of each frame, some 50 bytes a frame. @default false */
  readonly statistics?: boolean
}

/** The options of `detectScenes`. */
export interface DetectScenesOptions extends SceneOptions {
  /**
   * Called with each scene as soon as it is known, some three seconds of video after its end, in order of time, and
   * with the boundary that ends it: `null` for the last. What it throws stops the call, which then rejects with it.
   */
  readonly onScene?: (scene: Scene, ends: Boundary | null) => void
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
  readonly frames: Uint32Array
  /** When each frame is shown, in seconds. */
  readonly timesSeconds: Float64Array
  /** One column for each measure; each has as many values as there are frames. */
  readonly columns: readonly StatisticsColumn[]
  /** For `JSON.stringify()`: arrays become lists. `writeSceneStatistics` takes them as well. */
  toJSON(): SceneStatisticsJson
}

/** One measure of every frame. */
export interface StatisticsColumn {
  /** What it measures, for example `cut_probability` or `content_val`. */
  readonly name: string
  /** Where the method draws the line between one shot and a boundary, where it has one for this measure. */
  readonly threshold: number | null
  /** One value a frame. */
  readonly values: Float32Array
}

/** Statistics as JSON, or of your own making. */
export interface SceneStatisticsJson {
  /** Number of each frame. */
  readonly frames: readonly number[]
  /** When each frame is shown, in seconds. */
  readonly timesSeconds: readonly number[]
  /** One column for each measure: its name, its threshold or `null`, and one value a frame. */
  readonly columns: readonly {
    readonly name: string
    readonly threshold: number | null
    readonly values: readonly number[]
  }[]
}

/** One shot. */
export interface Scene extends InTime {}

/** One change from a shot to the next; its stretch of time is empty for a cut. */
export interface Boundary extends InTime {
  /** How it changes. */
  readonly kind: BoundaryKind
  /** First frame of the change, counted from 0 in order of presentation; for a cut, of the new shot. */
  readonly startFrame: number
  /** Last frame of the change; for a cut the same as `startFrame`. */
  readonly endFrame: number
  /** 0 (barely over the threshold) to 1 (certain). */
  readonly confidence: number
}
