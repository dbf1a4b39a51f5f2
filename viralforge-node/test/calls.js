// Every verb, called so that it would succeed: `calls(context)[name](options, source)`.
import { join } from 'node:path'

import * as vf from 'viralforge'

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
  render: async (source, options) => vf.render(source, join(dir, 'render.mp4'), await vf.planRender(), options),
  transcode: (source, options) => vf.transcode(source, join(dir, 'transcode.mp4'), options),
})

/** Verbs that work on what others found. */
export const planning = (dir, analysis, waveform) => ({
  writeWaveform: (options) => vf.writeWaveform(waveform, join(dir, 'waveform.svg'), options),
  planReframe: (options) => vf.planReframe(analysis, options),
  suggestClips: (options) => vf.suggestClips(analysis, options),
  planRender: (options) => vf.planRender(options),
})
