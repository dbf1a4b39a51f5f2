'use strict'

/**
 * Checks the types of options against core's schema, so that a wrong type is a `TypeError` and only a wrong value is
 * left for core to refuse. Names are those of JavaScript.
 */

const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())

/** A schema with the names of its properties as JavaScript spells them. */
function forJavaScript(schema) {
  if (Array.isArray(schema)) return schema.map(forJavaScript)
  if (schema === null || typeof schema !== 'object') return schema
  const out = {}
  for (const [key, value] of Object.entries(schema)) {
    out[key] =
      key === 'properties'
        ? Object.fromEntries(Object.entries(value).map(([name, property]) => [camelCase(name), forJavaScript(property)]))
        : forJavaScript(value)
  }
  return out
}

const WORDS = {
  number: 'a number',
  integer: 'a number',
  string: 'a string',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  null: 'null',
}

function kindOf(value) {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

/** The types that a schema takes, without those of what lies deeper. */
function typesOf(schema) {
  if (schema.enum) return schema.enum.map(kindOf)
  if ('const' in schema) return [kindOf(schema.const)]
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return choices.flatMap(typesOf)
  return [schema.type ?? []].flat().map((type) => (type === 'integer' ? 'number' : type))
}

/** The first place where a value has another type than its schema says: `{ name, problem }`. */
function mismatch(schema, value, name, closed) {
  const types = [...new Set(typesOf(schema))]
  const kind = kindOf(value)
  if (types.length > 0 && !types.includes(kind)) {
    const wanted = types.map((type) => WORDS[type]).join(' or ')
    return { name, problem: `must be ${wanted}, not ${WORDS[kind] ?? `a ${kind}`}` }
  }
  if (kind === 'number' && !Number.isFinite(value)) return { name, problem: `must be a finite number, not ${value}` }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) {
    const fitting = choices.filter((choice) => typesOf(choice).includes(kind) && !isOther(choice, value))
    const problems = fitting.map((choice) => mismatch(choice, value, name, closed))
    return problems.length === 0 || problems.includes(undefined) ? undefined : problems[0]
  }
  if (kind === 'array') return inArray(schema, value, name)
  if (kind === 'object') return inObject(schema, value, name, closed || schema.additionalProperties === false)
}

/** Whether a literal in an object, its name for example, says that it is not of that choice. */
function isOther(choice, value) {
  const properties = Object.entries(choice.properties ?? {})
  return properties.some(([key, property]) => 'const' in property && value[key] !== property.const)
}

function inArray(schema, value, name) {
  for (const [i, item] of value.entries()) {
    const itemSchema = schema.prefixItems?.[i] ?? schema.items
    const found = itemSchema && mismatch(itemSchema, item, `${name}[${i}]`, false)
    if (found) return found
  }
}

function inObject(schema, value, name, closed) {
  const path = (key) => (name ? `${name}.${key}` : key)
  for (const [key, item] of Object.entries(value)) {
    // As if it were not there: so does JSON.
    if (item === undefined) continue
    const property = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (!property && closed) return { name: path(key), problem: 'is not an option' }
    const found = property && mismatch(property, item, path(key), false)
    if (found) return found
  }
}

/** Throws a `TypeError` where `value`, an object of options, has an unknown name or a wrong type. */
function checkOptions(schema, value, name = '') {
  const found = mismatch(schema, value, name, true)
  if (found) throw new TypeError(`${found.name || 'options'} ${found.problem}`)
}

module.exports = { camelCase, checkOptions, forJavaScript }
