import type { CallOptions } from './call.cjs'
import type { Size } from './geometry.cjs'
import type { TranscodeOptions } from './plan.cjs'
import type { Boundary } from './scene.cjs'
import type { Rational } from './time.cjs'

/** How to write scenes. */
export interface WriteScenesOptions extends CallOptions {
  /**
   * As what: the report, a table with PySceneDetect's columns, an edit decision list (CMX 3600), Final Cut Pro's XML,
   * OpenTimelineIO, or chapters. `null` is what the output's extension says; a stream has none.
   * @default null
   */
  readonly format?: 'json' | 'csv' | 'edl' | 'fcpxml' | 'otio' | 'web_vtt' | 'ffmetadata' | null
  /** Frames a second by which frames are counted; `null` is the report's. @default null */
  readonly frameRate?: Rational | null
  /** Whether timecode leaves out numbers, at 29.97 and multiples only; `null` is yes at these. @default null */
  readonly dropFrame?: boolean | null
  /** Timecode of the media's first frame in EDL, FCPXML and OTIO, in frames. @default 0 */
  readonly startTimecodeFrames?: number
  /** Title of the list or timeline; `null` is the name of the media. @default null */
  readonly title?: string | null
  /** What the video file is called. @default null */
  readonly mediaName?: string | null
  /** Where the video file is, for FCPXML and OTIO; `null` is a relative URI made of the name. @default null */
  readonly mediaUri?: string | null
  /** Width and height of the video, for FCPXML. @default null */
  readonly mediaSize?: Size | null
  /** Whether the video file has sound, for FCPXML. @default true */
  readonly mediaHasAudio?: boolean
  /**
   * Title of each chapter, with `{number}`, `{number:03}`, `{start}`, `{end}` and `{begins}`.
   * @default "Scene {number}"
   */
  readonly chapterTitle?: string
}

/** How to write what was measured of each frame. */
export interface WriteSceneStatisticsOptions extends CallOptions {
  /** As a table or as a plot; `null` is what the output's extension says, and a stream has none. @default null */
  readonly format?: 'csv' | 'svg' | 'png' | null
  /** Width of a plot in pixels, 320 to 16,384. @default 1600 */
  readonly width?: number
  /** Height of the panel of one measure in pixels, 40 to 2,000. @default 140 */
  readonly panelHeight?: number
  /** Boundaries to mark in a plot: those of the report. @default [] */
  readonly boundaries?: readonly Boundary[]
}

/** How a contact sheet of scenes is made. */
export interface SceneSheetOptions extends CallOptions {
  /**
   * The box that each frame fits into, sides of 16 to 640 pixels; tiles have the shape of the video.
   * @default {"width":240,"height":240}
   */
  readonly tile?: Size
  /** Scenes beside each other, 1 to 20; each takes three tiles. @default 2 */
  readonly columns?: number
  /** Scenes on one sheet, 1 to 400. @default 100 */
  readonly maxScenes?: number
  /** Which sheet, counted from 1, where there are more scenes than one holds. @default 1 */
  readonly page?: number
  /** Whether number, times and length of each scene, and how it begins, stand above its frames. @default true */
  readonly labels?: boolean
  /** What the picture is encoded as. @default "jpeg" */
  readonly format?: 'jpeg' | 'png'
  /** Quality of a JPEG, 1 (tiny) to 100 (best). @default 80 */
  readonly jpegQuality?: number
}

/** A contact sheet of scenes; width and height are those of the sheet in pixels. */
export interface SceneSheet extends Size {
  /** The picture's bytes. */
  readonly image: Uint8Array
  /** What they are encoded as. */
  readonly format: 'jpeg' | 'png'
  /** Which sheet it is, counted from 1. */
  readonly page: number
  /** How many sheets all scenes take. */
  readonly pages: number
  /** Its tiles: three a scene, in order of time. */
  readonly tiles: readonly SceneTile[]
}

/** One frame on a contact sheet of scenes, and its place there in pixels. */
export interface SceneTile extends Size {
  /** Number of the scene, counted from 1. */
  readonly scene: number
  /** Which frame of the scene; first and last are frames that show nothing of another scene. */
  readonly part: 'first' | 'middle' | 'last'
  /** When its frame is shown, exactly, in seconds. */
  readonly time: Rational
  /** The same in seconds. */
  readonly timeSeconds: number
  /** Left edge. */
  readonly x: number
  /** Top edge. */
  readonly y: number
}

/** How a video is split into its scenes. What lies outside of a `range` is left out, be it of a scene or a whole one. */
export interface SplitScenesOptions extends TranscodeOptions {
  /**
   * Name of each file: `{number}` is the number of the scene from 1, `{number:03}` with zeros before it, `{name}` the
   * name of the source without its ending.
   * @default "{name}-scene-{number:03}.mp4"
   */
  readonly template?: string
  /** Numbers of the scenes to write, counted from 1; none means all. @default [] */
  readonly only?: readonly number[]
}
