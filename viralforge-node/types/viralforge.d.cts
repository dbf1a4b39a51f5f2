/// <reference types="node" />

import type { Analysis, AnalysisOptions } from './analysis.cjs'
import type { CallOptions, Output, Source } from './call.cjs'
import type { CropRect } from './geometry.cjs'
import type { MediaInfo } from './media.cjs'
import type { Frame, FrameOptions, Storyboard, StoryboardOptions, ThumbnailOptions, ThumbnailReport } from './picture.cjs'
import type {
  ClipOptions,
  ClipSuggestion,
  ReframeOptions,
  ReframePlan,
  RenderPlan,
  RenderReport,
  Transcript,
  TranscodeOptions,
} from './plan.cjs'
import type { SceneOptions, SceneReport, SceneStatistics } from './scene.cjs'
import type {
  SceneSheet,
  SceneSheetOptions,
  SplitScenesOptions,
  WriteSceneStatisticsOptions,
  WriteScenesOptions,
} from './scene_output.cjs'
import type {
  LoudnessOptions,
  LoudnessReport,
  SilenceOptions,
  SilenceReport,
  Waveform,
  WaveformOptions,
  WriteWaveformOptions,
} from './sound.cjs'
import type { Moment } from './time.cjs'
import type { SanitizeOptions, SanitizeReport, UploadOptions, UploadPolicy, UploadReport, UploadSlot } from './upload.cjs'

export * from './analysis.cjs'
export * from './call.cjs'
export * from './geometry.cjs'
export * from './media.cjs'
export * from './picture.cjs'
export * from './plan.cjs'
export * from './scene.cjs'
export * from './scene_output.cjs'
export * from './sound.cjs'
export * from './time.cjs'
export * from './upload.cjs'

// Every verb returns a promise. It rejects with a `TypeError` for an argument of the wrong type, with a
// `ViralforgeError` for everything else that this package finds wrong, with the reason of an aborted signal, and
// unchanged with what a stream or a callback of yours throws.

/** Reads the facts of a file from its headers. */
export function probe(source: Source, options?: CallOptions): Promise<MediaInfo>

/**
 * Checks an upload: what it really is, whether it is whole and sound, whether the policy takes it. A refused upload is
 * a report and no error. Of a stream no more is read than the policy takes.
 */
export function validateUpload(source: Source, options?: UploadOptions): Promise<UploadReport>

/**
 * Rewrites an upload without locations, tags, covers, attachments, data tracks and hidden bytes; the media stays as it
 * is. Takes MP4, MOV, WebM, Matroska, JPEG, PNG, WebP and GIF. `malformed` where the structure is refused.
 */
export function sanitizeUpload(source: Source, output: Output, options?: SanitizeOptions): Promise<SanitizeReport>

/** Runs any set of analyses over a single decode. `missing_track` where the file has none of the tracks needed. */
export function analyze(source: Source, options?: AnalysisOptions): Promise<Analysis>

/** Finds the shots of a video and the boundaries between them. */
export function detectScenes(source: Source, options?: SceneOptions): Promise<SceneReport>

/** Writes scenes for other programs: tables, edit decision lists, timelines, chapters; the number of bytes. */
export function writeScenes(scenes: SceneReport, output: Output, options?: WriteScenesOptions): Promise<number>

/** Writes what was measured of each frame as a table or as a plot; the number of bytes. */
export function writeSceneStatistics(
  statistics: SceneStatistics,
  output: Output,
  options?: WriteSceneStatisticsOptions,
): Promise<number>

/** Makes a contact sheet of scenes: a row of first, middle and last frame for each. */
export function makeSceneSheet(source: Source, scenes: SceneReport, options?: SceneSheetOptions): Promise<SceneSheet>

/**
 * Writes each scene to an MP4 of its own in `folder` (a path or a file: URL), which must be there. Files of scenes that
 * were complete stay where the call fails.
 */
export function splitScenes(
  source: Source,
  scenes: SceneReport,
  folder: string | URL,
  options?: SplitScenesOptions,
): Promise<readonly RenderReport[]>

/** Finds the minima and maxima of a sound track, for drawing. */
export function analyzeWaveform(source: Source, options?: WaveformOptions): Promise<Waveform>

/** Writes a waveform as data or as a picture; the number of bytes. */
export function writeWaveform(waveform: Waveform, output: Output, options?: WriteWaveformOptions): Promise<number>

/** Measures the loudness of a sound track (EBU R 128). */
export function measureLoudness(source: Source, options?: LoudnessOptions): Promise<LoudnessReport>

/** Finds the silences of a sound track. */
export function detectSilence(source: Source, options?: SilenceOptions): Promise<SilenceReport>

/** Plans the crop of another shape that follows the subject. The analysis needs subjects; scenes help. */
export function planReframe(analysis: Analysis, options?: ReframeOptions): Promise<ReframePlan>

/** Suggests the stretches that are worth a clip, best first; they do not overlap. */
export function suggestClips(analysis: Analysis, options?: ClipOptions): Promise<readonly ClipSuggestion[]>

/** Chooses the frames that stand best for a video, spread over its shots, as JPEGs. */
export function extractThumbnails(source: Source, options?: ThumbnailOptions): Promise<ThumbnailReport>

/** Decodes the frames on screen at given moments, in that order. */
export function extractFrames(source: Source, options: FrameOptions): Promise<readonly Frame[]>

/** Makes a contact sheet of a video. */
export function makeStoryboard(source: Source, options?: StoryboardOptions): Promise<Storyboard>

/** Plans a transcode, to be rendered later. */
export function planRender(options?: TranscodeOptions): Promise<RenderPlan>

/** Renders a plan to MP4 (H.264 and AAC, its index in front). */
export function render(source: Source, output: Output, plan: RenderPlan, options?: CallOptions): Promise<RenderReport>

/** Transcodes a source, or a stretch of it, to MP4 (H.264 and AAC, its index in front). */
export function transcode(source: Source, output: Output, options?: TranscodeOptions): Promise<RenderReport>

/** What a plan shows at one moment, in display pixels. */
export function cropAt(plan: ReframePlan, time: Moment): CropRect

/** A file name that says when a clip plays and is safe on every system: `clip-0m12s-0m34s.mp4`. */
export function clipFileName(clip: ClipSuggestion, extension: string): string

/** The WebVTT track that players show a storyboard's tiles from; `imageUrl` is the sheet's, relative to the track. */
export function toWebVtt(storyboard: Storyboard, imageUrl: string): string

/** Reads SubRip (.srt) or WebVTT (.vtt). Throws `malformed`, with the line, where that cannot be done. */
export function parseTranscript(text: string): Transcript

/** What a slot takes by default. */
export function uploadPolicy(slot?: UploadSlot): UploadPolicy

/**
 * How many jobs run at once in this process, all threads together; the others wait in order. A number, 1 to 1024,
 * changes it. At first it is the number of processors.
 */
export function concurrency(limit?: number): number

/** Verbs, options, defaults, limits and error codes as data: the same document in every language, in snake_case. */
export function schema(): { readonly version: string; readonly [part: string]: unknown }
