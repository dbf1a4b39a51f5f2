'use strict'

/** Verbs that plan what to do; nothing is decoded. */

const { handleOf } = require('./analysis.cjs')
const { now } = require('./error.cjs')
const { parse } = require('./options.cjs')
const { run } = require('./run.cjs')
const schemas = require('./schema.cjs')
const native = require('./native.cjs')

/** A verb that works on an analysis. */
function planning(verb) {
  return async (analysis, options) => {
    const handle = handleOf(analysis)
    const parsed = parse(options, () => schemas.optionsOf(verb))
    return JSON.parse(await run(parsed, (call) => native[verb](call, handle, parsed.text)))
  }
}

const planReframe = planning('planReframe')
const suggestClips = planning('suggestClips')

async function planRender(options) {
  const parsed = parse(options, () => schemas.optionsOf('planRender'))
  return JSON.parse(await run(parsed, (call) => native.planRender(call, parsed.text)))
}

/** What a reframe plan shows at one moment. */
function cropAt(plan, time) {
  requireObject(plan, 'plan')
  if (typeof time !== 'number') requireObject(time, 'time')
  return JSON.parse(now(() => native.cropAt(JSON.stringify(plan), JSON.stringify(time))))
}

/** A file name that says when a clip plays. */
function clipFileName(clip, extension) {
  requireObject(clip, 'clip')
  requireString(extension, 'extension')
  return now(() => native.clipFileName(JSON.stringify(clip), extension))
}

/** The text track that players show a storyboard's tiles from. */
function toWebVtt(storyboard, imageUrl) {
  requireObject(storyboard, 'storyboard')
  requireString(imageUrl, 'imageUrl')
  const { jpeg: _, ...facts } = storyboard
  return now(() => native.toWebVtt(JSON.stringify(facts), imageUrl))
}

/** Reads subtitles. */
function parseTranscript(text) {
  requireString(text, 'text')
  return JSON.parse(now(() => native.parseTranscript(text)))
}

/** What an upload may be by default. */
function uploadPolicy(slot = 'video') {
  requireString(slot, 'slot')
  return JSON.parse(now(() => native.uploadPolicy(slot)))
}

/** How many jobs run at once. */
function concurrency(limit) {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= 1024)) {
    throw new TypeError('limit must be a whole number in 1..=1024')
  }
  return native.concurrency(limit)
}

function requireObject(value, name) {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be an object`)
}

function requireString(value, name) {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`)
}

module.exports = {
  clipFileName,
  concurrency,
  cropAt,
  parseTranscript,
  planReframe,
  planRender,
  suggestClips,
  toWebVtt,
  uploadPolicy,
}
