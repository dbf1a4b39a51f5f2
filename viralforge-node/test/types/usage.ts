// How people use the package from TypeScript; checked with `tsc --strict`, never run.
import { createReadStream, createWriteStream } from 'node:fs'

import * as vf from 'viralforge'
import {
  Analysis,
  ViralforgeError,
  Waveform,
  analyze,
  clipFileName,
  detectScenes,
  planReframe,
  probe,
  suggestClips,
  transcode,
  type ClipSuggestion,
  type ErrorCode,
  type Progress,
  type RenderPlan,
  type TimeRange,
} from 'viralforge'

export async function clips(path: string, signal: AbortSignal): Promise<readonly string[]> {
  const onProgress = ({ stage, fraction, etaSeconds }: Progress): void => {
    console.log(`${stage} ${(100 * fraction).toFixed()} % ${etaSeconds?.toFixed() ?? '?'} s`)
  }
  const analysis: Analysis = await analyze(path, { signal, onProgress, limits: { maxDurationSeconds: 3600 } })
  const reframe = await planReframe(analysis, { aspect: [9, 16] })
  const names: string[] = []
  for (const clip of await suggestClips(analysis, { count: 2 })) {
    const name = clipFileName(clip, 'mp4')
    await transcode(path, name, { preset: 'tiktok', range: clip, reframe, signal })
    await transcode(path, createWriteStream(name), { preset: 'reels', range: clip.range, aspect: '4:5' })
    names.push(name)
  }
  return names
}

export async function sources(bytes: Uint8Array, blob: Blob): Promise<void> {
  const all: vf.Source[] = ['a.mp4', new URL('file:///a.mp4'), bytes, new ArrayBuffer(3), blob, blob.stream(), createReadStream('a.mp4')]
  for (const source of all) {
    const { streams, durationSeconds } = await probe(source)
    const width: number | undefined = streams[0]?.width
    const length: number | null = durationSeconds
    console.log(width, length)
  }
}

export async function plans(analysis: Analysis): Promise<RenderPlan> {
  const stored = JSON.stringify(await vf.planRender({ range: { startSeconds: 1, endSeconds: 2 }, crf: null }))
  const plan = JSON.parse(stored) as RenderPlan
  await vf.render('a.mp4', 'b.mp4', plan, { onProgress: () => {} })
  const exact: TimeRange | null = plan.range
  const { min }: Waveform = analysis.waveform ?? (await vf.analyzeWaveform('a.mp4', { range: exact }))
  const first: number | undefined = min[0]
  console.log(first, analysis.quality?.sharpness.length)
  const again: Analysis = Analysis.fromJSON(analysis.toJSON())
  await vf.extractThumbnails('a.mp4', { analysis: again })
  await vf.extractFrames('a.mp4', { times: [1, { num: 1, den: 3 }] })
  await vf.suggestClips(analysis, { transcript: { cues: [{ startSeconds: 0, endSeconds: 1, text: 'Hello.' }] } })
  await vf.suggestClips(analysis, { transcript: vf.parseTranscript('…') })
  await vf.validateUpload('a.mp4', { policy: { ...vf.uploadPolicy('image'), maxBytes: 1000 } })
  return plan
}

export async function scenes(path: string): Promise<Float32Array | undefined> {
  const onScene = (scene: vf.Scene, ends: vf.Boundary | null): void => console.log(scene.endSeconds, ends?.kind ?? 'end')
  const report = await detectScenes(path, { onScene, mode: 'fast', kinds: ['cut', 'fade'], range: { startSeconds: 1, endSeconds: 9 } })
  await detectScenes(path, { method: 'hash', segments: 2, range: report.scenes[0] ?? null })
  const method: vf.SceneMethod = { name: 'content', threshold: 30, weights: { deltaEdges: 1 } }
  const { statistics } = await detectScenes(path, { method, statistics: true, frameStep: 2 })
  if (statistics) await vf.writeSceneStatistics(statistics, 'a.svg')
  await vf.writeSceneStatistics({ frames: [0], timesSeconds: [0], columns: [{ name: 'a', threshold: null, values: [1] }] }, 'b.csv')
  await analyze(path, { scenes: { method: 'adaptive', statistics: true } })
  return statistics?.columns[0]?.values
}

export function explain(error: unknown): string {
  if (!(error instanceof ViralforgeError)) throw error
  const texts: Record<ErrorCode, string> = {
    invalid_option: `${error.option}`,
    malformed: 'broken',
    unsupported: 'unknown',
    missing_track: `no ${error.track}`,
    limit_exceeded: `${error.limit}: ${error.actual} > ${error.allowed}`,
    cancelled: 'stopped',
    io: error.systemCode ?? 'disk',
    backend: 'our fault',
  }
  return texts[error.code]
}

export async function mistakes(clip: ClipSuggestion, analysis: Analysis): Promise<void> {
  // @ts-expect-error: no such option
  await detectScenes('a.mp4', { treshold: 1 })
  // @ts-expect-error: no such method
  await detectScenes('a.mp4', { method: 'contents' })
  // @ts-expect-error: not a parameter of that method
  await detectScenes('a.mp4', { method: { name: 'hash', bins: 3 } })
  // @ts-expect-error: an analysis does not tell scenes
  await analyze('a.mp4', { scenes: { onScene: () => {} } })
  // @ts-expect-error: seconds are numbers
  await detectScenes('a.mp4', { minSceneDurationSeconds: '1' })
  // @ts-expect-error: no such preset
  await transcode('a.mp4', 'b.mp4', { preset: 'myspace' })
  // @ts-expect-error: frames are wanted at some moments
  await vf.extractFrames('a.mp4')
  // @ts-expect-error: results are not for writing
  clip.score = 1
  // @ts-expect-error: made by analyze()
  new Analysis()
  // @ts-expect-error: made by the package
  new ViralforgeError('io', 'x')
  // @ts-expect-error: a source is no number
  await probe(5)
  // @ts-expect-error: parts may be missing
  console.log(analysis.scenes.scenes)
}
