// The declarations say what core's own description says: verbs, options, defaults, limits, codes, reports.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as vf from 'viralforge'

import { camelCase, camelKeys, compare, compareDefaults } from './parity/compare.js'
import { declared } from './parity/declared.js'

const schema = vf.schema()
const OF_THE_CALL = ['signal', 'onProgress', 'limits']
/** What is exported beside the verbs. */
const OTHERS = ['clipFileName', 'concurrency', 'cropAt', 'parseTranscript', 'schema', 'toWebVtt', 'uploadPolicy']
/** Names of parameters before the options, for each argument that core has. */
const ARGUMENTS = { source: 'source', analysis: 'analysis', waveform: 'waveform', scenes: 'scenes', statistics: 'statistics', folder: 'folder', output: 'output', plan: 'plan' }

/** Where a schema leaves room for null, because a moment has two forms: of those that are written only lengths are null. */
const MOMENT = /(^|\.)(start|end|time|startSeconds|endSeconds|timeSeconds|duration|durationSeconds)$/

// Where the two may differ, and why.
const optionRules = {
  extra(path, field) {
    if (path === '' && OF_THE_CALL.includes(field)) return true
    // Core has `extract_thumbnails_from` for it.
    if (path === '' && field === 'analysis') return true
    // What an earlier verb reported may be handed on as it is.
    return field === 'range'
  },
  kinds(path, kinds) {
    const own = new Set(kinds)
    // Typed arrays are taken for plain ones.
    if (path === 'times') for (const kind of ['Float64Array', 'Float32Array']) own.delete(kind)
    // A plan to be read is one that was written: its shape is text.
    if (path === 'reframe.aspect') own.add('array')
    if (MOMENT.test(path)) own.add('null')
    return own
  },
  known(path) {
    // Literals of numbers: 8 or 16.
    if (path === 'bits') return () => []
  },
}

const reportRules = {
  report: true,
  extra: (path, field) => field === 'range' || ['jpeg', 'image', 'data', 'min', 'max'].includes(field),
  kinds(path, kinds) {
    const own = new Set(kinds)
    // Core writes a shape as text and reads either.
    if (/aspect(Ratio)?$/i.test(path)) own.add('array')
    if (MOMENT.test(path)) own.add('null')
    if (path === 'data') return new Set(['array'])
    return own
  },
  known(path) {
    if (path === 'quality' || path === 'subject') return compareArrays(path)
    if (path === 'waveform') return (part, shape) => compare('', part, shape, { ...reportRules, known: undefined })
  },
}

/** A list of figures in core is one array for each figure here. */
function compareArrays(path) {
  return ({ items }, { fields }) => {
    const wanted = Object.keys(items.properties).map(camelCase).filter((name) => name !== 'time')
    const missing = wanted.filter((name) => !/Float(32|64)Array/.test([...(fields.get(name)?.shape.kinds ?? [])].join()))
    const more = [...fields.keys()].filter((name) => !wanted.includes(name))
    return [...missing.map((name) => `${path}.${name}: is no typed array`), ...more.map((name) => `${path}.${name}: core has no such thing`)]
  }
}

/** Everything that differs. */
function differences(types) {
  const problems = []
  const verbs = schema.verbs.map(({ name }) => camelCase(name))
  for (const name of verbs) if (!types.functions.includes(name)) problems.push(`${name}: is not declared`)
  for (const name of types.functions) if (![...verbs, ...OTHERS].includes(name)) problems.push(`${name}: core has no such verb`)
  const tell = (where, found) => problems.push(...found.map((problem) => `${where}: ${problem}`))
  for (const verb of schema.verbs) {
    const name = camelCase(verb.name)
    if (!types.functions.includes(name)) continue
    const { parameters, result } = types.signature(name)
    const options = parameters.at(-1)
    const names = [...verb.arguments.map((argument) => ARGUMENTS[argument]), 'options']
    if (parameters.map((p) => p.name).join() !== names.join()) tell(name, [`takes ${parameters.map((p) => p.name)}, not ${names}`])
    tell(`${name} options`, OF_THE_CALL.filter((field) => !options.shape.fields.has(field)).map((field) => `${field} is missing`))
    tell(`${name} report`, compare('', verb.report, result, reportRules))
    if (name === 'validateUpload') tell(name, uploadDifferences(verb, types, options.shape))
    else tell(`${name} options`, optionDifferences(verb, options.shape))
  }
  const limits = types.type('Limits')
  tell('Limits', [...compare('', schema.limits, limits, {}), ...compareDefaults('', schema.limits, limits.fields)])
  tell('Progress', compare('', schema.progress, types.type('Progress'), { report: true }))
  for (const [type, values] of [['ErrorCode', schema.error_codes], ['Stage', schema.stages], ['Preset', schema.presets]]) {
    const found = types.type(type).values
    if ([...found].sort().join() !== [...values].sort().join()) tell(type, [`core has ${values}, declared is ${found}`])
  }
  return problems
}

function optionDifferences({ name, options }, shape) {
  const defaults = structuredClone(options)
  // Without moments there is nothing to do, so they are no option here.
  if (name === 'extract_frames') delete defaults.properties.times
  const meaning = (place, value) => (value === true && name === 'analyze' ? partDefault(place.slice(1)) : value)
  return [
    ...compare('', { properties: {}, ...options }, shape, optionRules),
    ...compareDefaults('', defaults, shape.fields, meaning),
  ]
}

/** `true` stands for a verb's own defaults. */
function partDefault(part) {
  return camelKeys(schema.verbs.find(({ name }) => name === 'analyze').options.properties[part].default)
}

/** The fields of a policy stand in an object of their own. */
function uploadDifferences({ options }, types, shape) {
  const policy = types.type('UploadPolicy')
  const wanted = [...OF_THE_CALL, 'policy', 'fileName', 'declaredMime'].sort().join()
  const found = [...shape.fields.keys()].sort().join()
  return [
    ...(found === wanted ? [] : [`takes ${found}, not ${wanted}`]),
    ...compare('', options, policy, { ...optionRules, extra: undefined }),
    ...compareDefaults('', options, policy.fields),
  ]
}

test('declarations and core agree', () => {
  assert.deepEqual(differences(declared()), [])
})

test('what is declared is exported, and what is exported is declared', () => {
  const types = declared()
  assert.deepEqual(Object.keys(vf).filter((name) => !types.names.includes(name)), [])
  assert.deepEqual(types.functions.filter((name) => typeof vf[name] !== 'function'), [])
  assert.deepEqual(['Analysis', 'ViralforgeError', 'Waveform'].filter((name) => typeof vf[name] !== 'function'), [])
})

test('the comparison notices each kind of difference', () => {
  const edits = [
    ['a verb that is missing', 'export function probe(', 'export function prob('],
    ['an option that is missing', 'readonly gradual?: boolean', ''],
    ['an option too many', 'readonly gradual?: boolean', 'readonly gradual?: boolean\n  /** More. */\n  readonly more?: number'],
    ['an option of another type', 'readonly gradual?: boolean', 'readonly gradual?: string'],
    ['an option without a description', '/** Leave the sound out. @default false */\n  readonly mute?', '/** @default false */\n  readonly mute?'],
    ['another default', '@default 0.5', '@default 0.4'],
    ['no default', '@default 0.15', ''],
    ['another default of a part', '/** Loudness. @default true */', '/** Loudness. @default false */'],
    ['another default of a policy', '@default 100000000', '@default 1'],
    ['a limit that is missing', 'readonly maxStreams?: number\n  /** Pixels', '/** Pixels'],
    ['another limit', '@default 43200', '@default 3600'],
    ['a value that is missing', "  | 'veryslow'", ''],
    ['a value too many', "'exact' | 'smart'", "'exact' | 'smart' | 'copy'"],
    ['an error code that is missing', "\n  | 'backend'", ''],
    ['a preset that is missing', " | 'youtube'", ''],
    ['a report field that is missing', 'readonly bitRateBps: number | null\n  /** Its tracks', '/** Its tracks'],
    ['a report field too many', 'readonly byteLen: number', 'readonly byteLen: number\n  /** More. */\n  readonly more: number'],
    ['a report field that may be null', 'readonly bitRateBps: number | null\n  /** Its tracks', 'readonly bitRateBps: number\n  /** Its tracks'],
    ['a report field that may be missing', 'readonly interlaced?: boolean', 'readonly interlaced: boolean'],
    ['a figure that is missing', 'readonly motion: Float32Array', ''],
    ['a finding of another class', "  | 'no_moov'\n", ''],
    ['a parameter too many', 'probe(source: Source, ', 'probe(source: Source, more: string, '],
  ]
  for (const [what, from, to] of edits) {
    let done = false
    const types = declared((text) => {
      if (done || !text.includes(from)) return text
      done = true
      return text.replace(from, to)
    })
    const found = differences(types)
    assert.ok(done, `${what}: the text to edit is not there`)
    assert.ok(found.length > 0, `${what} is not noticed`)
  }
})
