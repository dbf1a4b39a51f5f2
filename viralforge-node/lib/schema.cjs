'use strict'

const { camelCase, forJavaScript } = require('./check.cjs')
const native = require('./native.cjs')

let document
const prepared = new Map()

/** Core's own description of itself; the same object each time. */
function schema() {
  document ??= JSON.parse(native.schema())
  return document
}

/** Makes a schema once and keeps it. */
function once(name, make) {
  if (!prepared.has(name)) prepared.set(name, make())
  return prepared.get(name)
}

/** The schema of a verb's own options. */
function optionsOf(verb) {
  return once(verb, () => forJavaScript(schema().verbs.find(({ name }) => camelCase(name) === verb).options))
}

/** The schema of the limits. */
function limits() {
  return once('limits', () => forJavaScript(schema().limits))
}

module.exports = { limits, once, optionsOf, schema }
