// Every verb, called so that it would succeed: `calls(context)[name](options, source)`.
import { join } from 'node:path'

import * as vf from 'viralforge'

const at = (num) => ({ num, den: 1 })
/** One scene of a second. */
export const scenes = {
  frameRate: { num: 25, den: 1 },
  boundaries: [],
  scenes: [{ start: at(0), end: at(1), startSeconds: 0, endSeconds: 1 }],
  statistics: null,
}
/** One that takes a while to write: a second may be written before anybody hears that it was begun. */
const longScene = { ...scenes, scenes: [{ start: at(0), end: at(10), startSeconds: 0, endSeconds: 10 }] }
/** Two frames and one measure. */
export const statistics = {
  frames: [0, 1],
  timesSeconds: [0, 0.5],
  columns: [{ name: 'content_val', threshold: 27, values: [1, 30.5] }],
}

/** Verbs that read a source; `dir` takes their files. */
export const reading = (dir) => ({
  probe: (source, options) => vf.probe(source, options),
  validateUpload: (source, options) => vf.validateUpload(source, options),
  sanitizeUpload: (source, options) => vf.sanitizeUpload(source, join(dir, 'sanitize.mp4'), options),
  analyze: (source, options) => vf.analyze(source, options),
  detectScenes: (source, options) => vf.detectScenes(source, options),
  analyzeWaveform: (source, options) => vf.analyzeWaveform(source, options),
  measureLoudness: (source, options) => vf.measureLoudness(source, options),
  detectSilence: (source, options) => vf.detectSilence(source, options),
  extractThumbnails: (source, options) => vf.extractThumbnails(source, options),
  extractFrames: (source, options) => vf.extractFrames(source, options === undefined ? { times: [0] } : options),
  makeStoryboard: (source, options) => vf.makeStoryboard(source, options),
  makeSceneSheet: (source, options) => vf.makeSceneSheet(source, scenes, options),
  splitScenes: (source, options) => vf.splitScenes(source, longScene, dir, options),
  render: async (source, options) => vf.render(source, join(dir, 'render.mp4'), await vf.planRender(), options),
  transcode: (source, options) => vf.transcode(source, join(dir, 'transcode.mp4'), options),
})

/** Verbs that work on what others found. */
export const planning = (dir, analysis, waveform) => ({
  writeScenes: (options) => vf.writeScenes(scenes, join(dir, 'scenes.edl'), options),
  writeSceneStatistics: (options) => vf.writeSceneStatistics(statistics, join(dir, 'statistics.svg'), options),
  writeWaveform: (options) => vf.writeWaveform(waveform, join(dir, 'waveform.svg'), options),
  planReframe: (options) => vf.planReframe(analysis, options),
  suggestClips: (options) => vf.suggestClips(analysis, options),
  planRender: (options) => vf.planRender(options),
})
