'use strict'

const { checkOptions } = require('./check.cjs')
const schemas = require('./schema.cjs')

/** What `options` of a call is when nobody gave any. */
const NONE = Object.freeze({ own: Object.freeze({}), text: '{}' })

/**
 * Takes the options of a call apart: what is for the call (`signal`, `onProgress`), and the rest, checked, as the text
 * that the native half reads.
 */
function parse(options, schema) {
  if (options === undefined) return NONE
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new TypeError('options must be an object')
  }
  const { signal, onProgress, ...own } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal must be an AbortSignal')
  if (onProgress !== undefined && typeof onProgress !== 'function') throw new TypeError('onProgress must be a function')
  const { limits, ...rest } = own
  if (limits !== undefined) checkOptions(schemas.limits(), limits, 'limits')
  for (const _ in rest) {
    checkOptions(schema(), rest)
    break
  }
  // A handle is handed over by itself.
  return { signal, onProgress, own, text: JSON.stringify(own.analysis ? { ...own, analysis: undefined } : own) }
}

/** How many bytes a source may have. */
function maxInputBytes(own) {
  return own.limits?.maxInputBytes ?? schemas.limits().properties.maxInputBytes.default
}

module.exports = { maxInputBytes, parse }
