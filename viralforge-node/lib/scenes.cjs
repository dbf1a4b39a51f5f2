'use strict'

/** Verbs that make something of scenes. */

const { parse } = require('./options.cjs')
const { withOutput } = require('./output.cjs')
const { reading } = require('./read.cjs')
const { run } = require('./run.cjs')
const schemas = require('./schema.cjs')
const { pathOf } = require('./source.cjs')
const native = require('./native.cjs')

/** A report as the text that the native half reads. */
function textOf(value, name) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${name} must be an object`)
  return JSON.stringify(value)
}

/** A verb that writes what it is given. */
function writing(verb, argument) {
  return async (value, output, options) => {
    const text = textOf(value, argument)
    const parsed = parse(options, () => schemas.optionsOf(verb))
    return run(parsed, (call) =>
      withOutput(output, { signal: parsed.signal, cancel: () => call.cancel() }, (path) =>
        native[verb](call, text, path, parsed.text),
      ),
    )
  }
}

const writeScenes = writing('writeScenes', 'scenes')
const writeSceneStatistics = writing('writeSceneStatistics', 'statistics')

async function makeSceneSheet(source, scenes, options) {
  const text = textOf(scenes, 'scenes')
  const parsed = parse(options, () => schemas.optionsOf('makeSceneSheet'))
  const { report, bytes } = await reading(source, parsed, (call, value, name) =>
    native.makeSceneSheet(call, value, name, text, parsed.text),
  )
  return { ...JSON.parse(report), image: bytes[0] }
}

async function splitScenes(source, scenes, folder, options) {
  const text = textOf(scenes, 'scenes')
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
