// Holds a declared shape against a JSON Schema, and lists what differs, in both directions.

export const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())

/** Keys of a JSON value as JavaScript spells them. */
export function camelKeys(value) {
  if (Array.isArray(value)) return value.map(camelKeys)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [camelCase(key), camelKeys(item)]))
}

/** The alternatives of a schema, as one list. */
function choices(schema) {
  return (schema.anyOf ?? schema.oneOf)?.flatMap(choices) ?? [schema]
}

function kindsOf(schema) {
  const kind = (value) => (value === null ? 'null' : typeof value)
  const kinds = choices(schema).flatMap((choice) => {
    if (choice.enum) return choice.enum.map(kind)
    if ('const' in choice) return [kind(choice.const)]
    return [choice.type].flat()
  })
  return new Set(kinds.map((kind) => (kind === 'integer' ? 'number' : kind)))
}

/** The literals of a schema that takes only some strings. */
function valuesOf(schema) {
  const values = choices(schema)
    .filter((choice) => choice.type !== 'null')
    .map((choice) => choice.enum?.filter((value) => value !== null) ?? ('const' in choice ? [choice.const] : undefined))
  return values.includes(undefined) ? undefined : values.flat().sort()
}

const list = (items) => [...items].sort().join(' | ')

/**
 * Compares what lies at `path`. `rules`: `report` for what comes out, where a missing field is a difference too;
 * `known(path)` may return a function that compares that place in a way of its own.
 */
export function compare(path, schema, shape, rules) {
  const own = rules.known?.(path)
  if (own) return own(schema, shape)
  const problems = []
  const [wanted, kinds] = [kindsOf(schema), rules.kinds?.(path, shape.kinds) ?? shape.kinds]
  if (list(wanted) !== list(kinds)) problems.push(`${path}: core has ${list(wanted)}, declared is ${list(kinds)}`)
  const values = valuesOf(schema)
  if (values && list(values) !== list(shape.values ?? ['any text'])) {
    problems.push(`${path}: core has ${list(values)}, declared is ${list(shape.values ?? ['any text'])}`)
  }
  const array = choices(schema).find(({ type }) => [type].flat().includes('array'))
  if (array?.items && shape.item) problems.push(...compare(`${path}[]`, array.items, shape.item, rules))
  if (shape.kinds.has('array') && array?.maxItems !== undefined && array.maxItems === array.minItems && array.maxItems !== shape.length) {
    problems.push(`${path}: core has ${array.maxItems} items, declared are ${shape.length ?? 'any number'}`)
  }
  const object = choices(schema).find(({ properties }) => properties)
  if (object && shape.fields) problems.push(...compareFields(path, object, shape.fields, rules))
  return problems
}

function compareFields(path, object, fields, rules) {
  const problems = []
  const own = (field) => rules.extra?.(path, field)
  const places = new Map(Object.entries(object.properties).map(([name, property]) => [camelCase(name), { name, property }]))
  for (const [field, { name, property }] of places) {
    const found = fields.get(field)
    const place = path ? `${path}.${field}` : field
    if (!found) {
      problems.push(`${place}: is not declared`)
      continue
    }
    if (!found.documented) problems.push(`${place}: has no description`)
    if (rules.report && found.optional === Boolean(object.required?.includes(name))) {
      problems.push(`${place}: is declared ${found.optional ? 'as optional' : 'as always there'}, core says otherwise`)
    }
    problems.push(...compare(place, property, found.shape, rules))
  }
  for (const field of fields.keys()) {
    if (!places.has(field) && !own(field)) problems.push(`${path ? `${path}.` : ''}${field}: is declared, core has no such thing`)
  }
  return problems
}

/** Compares the `@default` of every field with a schema's. */
export function compareDefaults(path, schema, fields, meaning = (_path, value) => value) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const place = `${path}.${camelCase(name)}`
    const text = fields.get(camelCase(name))?.default
    const wanted = camelKeys(property.default)
    if (text === undefined) return [`${place}: has no @default, core has ${JSON.stringify(wanted)}`]
    let value
    try {
      value = meaning(place, JSON.parse(text))
    } catch {
      return [`${place}: the @default ${text} is no JSON`]
    }
    const same = sorted(value) === sorted(wanted)
    return same ? [] : [`${place}: core has the default ${JSON.stringify(wanted)}, declared is ${text}`]
  })
}

const sorted = (value) =>
  JSON.stringify(value, (_, item) =>
    item && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
