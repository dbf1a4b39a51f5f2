'use strict'

/** Verbs that make something of scenes. */

const { parse } = require('./options.cjs')
const { withOutput } = require('./output.cjs')
const { reading } = require('./read.cjs')
const { run } = require('./run.cjs')
const schemas = require('./schema.cjs')
const { pathOf } = require('./source.cjs')
const { partsOf } = require('./statistics.cjs')
const native = require('./native.cjs')

/** A report as the text that the native half reads. */
function textOf(scenes) {
  if (typeof scenes !== 'object' || scenes === null || Array.isArray(scenes)) throw new TypeError('scenes must be an object')
  return JSON.stringify(scenes)
}

/** The same for those who have no use for the statistics. */
const lightTextOf = (scenes) => textOf(scenes?.statistics ? { ...scenes, statistics: null } : scenes)

/** Runs a verb that writes what it is given: `start(call, path, options)`. */
function writing(verb, output, options, start) {
  const parsed = parse(options, () => schemas.optionsOf(verb))
  return run(parsed, (call) =>
    withOutput(output, { signal: parsed.signal, cancel: () => call.cancel() }, (path) => start(call, path, parsed.text)),
  )
}

async function writeScenes(scenes, output, options) {
  const text = textOf(scenes)
  return writing('writeScenes', output, options, (call, path, own) => native.writeScenes(call, text, path, own))
}

async function writeSceneStatistics(statistics, output, options) {
  const { text, arrays } = partsOf(statistics)
  return writing('writeSceneStatistics', output, options, (call, path, own) =>
    native.writeSceneStatistics(call, text, arrays, path, own),
  )
}

async function makeSceneSheet(source, scenes, options) {
  const text = lightTextOf(scenes)
  const parsed = parse(options, () => schemas.optionsOf('makeSceneSheet'))
  const { report, bytes } = await reading(source, parsed, (call, value, name) =>
    native.makeSceneSheet(call, value, name, text, parsed.text),
  )
  return { ...JSON.parse(report), image: bytes[0] }
}

async function splitScenes(source, scenes, folder, options) {
  const text = lightTextOf(scenes)
  if (typeof folder !== 'string' && !(folder instanceof URL)) throw new TypeError('folder must be a path or a file: URL')
  const path = typeof folder === 'string' ? folder : pathOf(folder, 'folder')
  const parsed = parse(options, () => schemas.optionsOf('splitScenes'))
  return JSON.parse(
    await reading(source, parsed, (call, value, name) =>
      native.splitScenes(call, value, name, text, path, parsed.text),
    ),
  )
}

module.exports = { makeSceneSheet, splitScenes, writeSceneStatistics, writeScenes }
