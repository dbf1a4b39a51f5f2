'use strict'

/** Verbs that write a file or into a stream. */

const { parse } = require('./options.cjs')
const { isStream, withOutput } = require('./output.cjs')
const { reading } = require('./read.cjs')
const { run } = require('./run.cjs')
const schemas = require('./schema.cjs')
const { Waveform } = require('./waveform.cjs')
const native = require('./native.cjs')

/** Reads a source and writes a file; `start` gets the path of the file last. */
async function writing(source, output, parsed, start) {
  const { signal } = parsed
  return JSON.parse(
    await reading(source, parsed, (call, value, name) =>
      withOutput(output, { signal, cancel: () => call.cancel() }, (path) => start(call, value, name, path)),
    ),
  )
}

/** The same for a video, whose report names the output. */
async function making(source, output, parsed, start) {
  const report = await writing(source, output, parsed, start)
  return isStream(output) ? { ...report, output: 'stream' } : report
}

async function render(source, output, plan, options) {
  if (typeof plan !== 'object' || plan === null) throw new TypeError('plan must be an object')
  const parsed = parse(options, () => schemas.optionsOf('render'))
  const planText = JSON.stringify(plan)
  return making(source, output, parsed, (call, value, name, path) =>
    native.render(call, value, name, path, planText, parsed.text),
  )
}

async function sanitizeUpload(source, output, options) {
  const parsed = parse(options, () => schemas.optionsOf('sanitizeUpload'))
  return writing(source, output, parsed, (call, value, name, path) =>
    native.sanitizeUpload(call, value, name, path, parsed.text),
  )
}

async function transcode(source, output, options) {
  const parsed = parse(options, () => schemas.optionsOf('transcode'))
  return making(source, output, parsed, (call, value, name, path) =>
    native.transcode(call, value, name, path, parsed.text),
  )
}

async function writeWaveform(waveform, output, options) {
  if (!(waveform instanceof Waveform)) throw new TypeError('waveform must be a Waveform')
  const parsed = parse(options, () => schemas.optionsOf('writeWaveform'))
  return run(parsed, (call) =>
    withOutput(output, { signal: parsed.signal, cancel: () => call.cancel() }, (path) =>
      native.writeWaveform(call, waveform, path, parsed.text),
    ),
  )
}

module.exports = { render, sanitizeUpload, transcode, writeWaveform }
