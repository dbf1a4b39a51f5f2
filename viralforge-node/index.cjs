'use strict'

const { Analysis } = require('./lib/analysis.cjs')
const { ViralforgeError } = require('./lib/error.cjs')
const { UploadInspector } = require('./lib/inspector.cjs')
const plan = require('./lib/plan.cjs')
const read = require('./lib/read.cjs')
const scenes = require('./lib/scenes.cjs')
const { schema } = require('./lib/schema.cjs')
const { Waveform } = require('./lib/waveform.cjs')
const write = require('./lib/write.cjs')

module.exports = {
  Analysis,
  UploadInspector,
  ViralforgeError,
  Waveform,
  analyze: read.analyze,
  analyzeWaveform: read.analyzeWaveform,
  clipFileName: plan.clipFileName,
  concurrency: plan.concurrency,
  cropAt: plan.cropAt,
  detectScenes: read.detectScenes,
  detectSilence: read.detectSilence,
  extractFrames: read.extractFrames,
  extractThumbnails: read.extractThumbnails,
  makeSceneSheet: scenes.makeSceneSheet,
  makeStoryboard: read.makeStoryboard,
  measureLoudness: read.measureLoudness,
  parseTranscript: plan.parseTranscript,
  planReframe: plan.planReframe,
  planRender: plan.planRender,
  probe: read.probe,
  render: write.render,
  sanitizeUpload: write.sanitizeUpload,
  schema,
  splitScenes: scenes.splitScenes,
  suggestClips: plan.suggestClips,
  toWebVtt: plan.toWebVtt,
  transcode: write.transcode,
  uploadPolicy: plan.uploadPolicy,
  validateUpload: read.validateUpload,
  writeSceneStatistics: scenes.writeSceneStatistics,
  writeScenes: scenes.writeScenes,
  writeWaveform: write.writeWaveform,
}
