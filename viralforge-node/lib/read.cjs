'use strict'

/** Verbs that read a source and report what they found. */

const { Analysis, handleOf } = require('./analysis.cjs')
const { maxInputBytes, parse } = require('./options.cjs')
const { run } = require('./run.cjs')
const schemas = require('./schema.cjs')
const { scenesOf } = require('./statistics.cjs')
const { openSource } = require('./source.cjs')
const { fromParts } = require('./waveform.cjs')
const native = require('./native.cjs')

/** Runs `start(call, value, name)` on a source; how much of a stream is read follows from the options. */
function reading(source, { signal, onProgress, onTold, own }, start, how = { max: maxInputBytes(own) }) {
  return run({ signal, onProgress, onTold }, async (call) => {
    let input = openSource(source, { ...how, signal })
    // Bytes go on without a break: they must be copied before the caller's next statement.
    if (input instanceof Promise) input = await input
    try {
      return await start(call, input.value, input.name)
    } finally {
      await input.close?.()
    }
  })
}

/** A verb whose report is plain data. */
function reporting(verb) {
  return async (source, options) => {
    const parsed = parse(options, () => schemas.optionsOf(verb))
    return JSON.parse(await reading(source, parsed, (call, value, name) => native[verb](call, value, name, parsed.text)))
  }
}

const probe = reporting('probe')
const measureLoudness = reporting('measureLoudness')
const detectSilence = reporting('detectSilence')

async function detectScenes(source, options) {
  const onScene = options?.onScene
  if (onScene !== undefined && typeof onScene !== 'function') throw new TypeError('onScene must be a function')
  const parsed = parse(onScene ? { ...options, onScene: undefined } : options, () => schemas.optionsOf('detectScenes'))
  const onTold = onScene && ((text) => onScene(...JSON.parse(text)))
  return scenesOf(
    await reading(source, { ...parsed, onTold }, (call, value, name) =>
      native.detectScenes(call, value, name, parsed.text, Boolean(onScene)),
    ),
  )
}

/** The options of `validateUpload`: core's are the fields of a policy. */
function uploadOptions() {
  return schemas.once('upload', () => {
    const policy = schemas.optionsOf('validateUpload')
    const { fileName, declaredMime } = policy.properties
    const slotOrPolicy = { anyOf: [{ type: 'string' }, { ...policy, additionalProperties: false }] }
    return { type: 'object', properties: { policy: slotOrPolicy, fileName, declaredMime } }
  })
}

async function validateUpload(source, options) {
  const parsed = parse(options, uploadOptions)
  // One byte more than is taken is enough to refuse it.
  const limit = maxInputBytes(parsed.own)
  const taken = maxBytes(parsed.own.policy)
  const how = taken < limit ? { max: taken, atMost: true } : { max: limit }
  return JSON.parse(
    await reading(source, parsed, (call, value, name) => native.validateUpload(call, value, name, parsed.text), how),
  )
}

function maxBytes(policy) {
  const slot = typeof policy === 'string' ? policy : (policy?.slot ?? 'video')
  return policy?.maxBytes ?? schemas.schema().policies[slot]?.max_bytes ?? Infinity
}

async function analyze(source, options) {
  const parsed = parse(options, () => schemas.optionsOf('analyze'))
  return new Analysis(await reading(source, parsed, (call, value, name) => native.analyze(call, value, name, parsed.text)))
}

async function analyzeWaveform(source, options) {
  const parsed = parse(options, () => schemas.optionsOf('analyzeWaveform'))
  return fromParts(
    await reading(source, parsed, (call, value, name) => native.analyzeWaveform(call, value, name, parsed.text)),
  )
}

/** Core has a verb of its own for a source that was analyzed already. */
function thumbnailOptions() {
  return schemas.once('thumbnails', () => {
    const { properties } = schemas.optionsOf('extractThumbnails')
    return { type: 'object', properties: { ...properties, analysis: {} } }
  })
}

async function extractThumbnails(source, options) {
  const parsed = parse(options, thumbnailOptions)
  const { analysis } = parsed.own
  const handle = analysis === undefined || analysis === null ? undefined : handleOf(analysis)
  const { report, bytes } = await reading(source, parsed, (call, value, name) =>
    native.extractThumbnails(call, value, name, parsed.text, handle),
  )
  const { thumbnails } = JSON.parse(report)
  return { thumbnails: thumbnails.map((thumbnail, i) => ({ ...thumbnail, jpeg: bytes[i] })) }
}

/** Moments may come in a typed array, which JSON does not know. */
function plainTimes(options) {
  return ArrayBuffer.isView(options?.times) ? { ...options, times: Array.from(options.times) } : options
}

async function extractFrames(source, options) {
  const parsed = parse(plainTimes(options), () => schemas.optionsOf('extractFrames'))
  if (parsed.own.times === undefined) throw new TypeError('times must be an array, not missing')
  const { report, bytes } = await reading(source, parsed, (call, value, name) =>
    native.extractFrames(call, value, name, parsed.text),
  )
  return JSON.parse(report).map((frame, i) => ({ ...frame, data: bytes[i] }))
}

async function makeStoryboard(source, options) {
  const parsed = parse(plainTimes(options), () => schemas.optionsOf('makeStoryboard'))
  const { report, bytes } = await reading(source, parsed, (call, value, name) =>
    native.makeStoryboard(call, value, name, parsed.text),
  )
  return { ...JSON.parse(report), jpeg: bytes[0] }
}

module.exports = {
  analyze,
  analyzeWaveform,
  detectScenes,
  detectSilence,
  extractFrames,
  extractThumbnails,
  makeStoryboard,
  measureLoudness,
  probe,
  reading,
  uploadOptions,
  validateUpload,
}
