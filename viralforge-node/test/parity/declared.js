// What the TypeScript declarations say, as plain data: read with TypeScript's own compiler.
import { fileURLToPath } from 'node:url'

import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The declarations of the package: `functions`, `type(name)`, and `text` for tests of the comparison itself. */
export function declared(replace = (text) => text) {
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    module: ts.ModuleKind.Node16,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: ['node'],
  }
  const host = ts.createCompilerHost(options)
  const readFile = host.readFile.bind(host)
  host.readFile = (name) => {
    const text = readFile(name)
    return text !== undefined && name.startsWith(`${root}types/`) ? replace(text) : text
  }
  const entry = `${root}index.d.ts`
  const program = ts.createProgram([entry], { ...options, typeRoots: [`${root}node_modules/@types`] }, host)
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry))
  const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]))
  return new Declared(checker, exported)
}

class Declared {
  #checker
  #exported

  constructor(checker, exported) {
    this.#checker = checker
    this.#exported = exported
  }

  get names() {
    return [...this.#exported.keys()]
  }

  /** The exported functions' names. */
  get functions() {
    return this.names.filter((name) => this.#exported.get(name).flags & ts.SymbolFlags.Function)
  }

  /** The shape of an exported type. */
  type(name) {
    const symbol = this.#exported.get(name)
    return symbol && this.#shape(this.#checker.getDeclaredTypeOfSymbol(symbol))
  }

  /** `{ parameters: [{ name, optional, shape }], result }` of a function; the result without its promise. */
  signature(name) {
    const symbol = this.#exported.get(name)
    const type = this.#checker.getTypeOfSymbol(symbol)
    const [signature] = type.getCallSignatures()
    const parameters = signature.parameters.map((parameter) => ({
      name: parameter.name,
      optional: Boolean(parameter.valueDeclaration.questionToken),
      shape: this.#shape(this.#checker.getTypeOfSymbol(parameter)),
    }))
    const result = signature.getReturnType()
    return { parameters, result: this.#shape(this.#checker.getAwaitedType(result) ?? result) }
  }

  /**
   * A type as plain data: `kinds`, the JSON types it takes; `values` of a union of literals; `item` or `items` of an
   * array; `variants`, the fields of each kind of object that it takes; `fields`, those of all of them, each `{ shape, optional, default, documented }`. Made when it is looked at: types may refer to
   * themselves.
   */
  #shape(type) {
    const parts = (type.isUnion() ? type.types : [type]).filter((part) => !(part.flags & ts.TypeFlags.Undefined))
    const checker = this.#checker
    const shape = { kinds: new Set(parts.map((part) => kindOf(checker, part))) }
    if (parts.every((part) => part.isStringLiteral() || part.flags & ts.TypeFlags.Null)) {
      shape.values = parts.filter((part) => part.isStringLiteral()).map((part) => part.value)
    }
    const array = parts.find((part) => checker.isArrayType(part) || checker.isTupleType(part))
    if (array) {
      const items = checker.getTypeArguments(array)
      if (checker.isTupleType(array)) shape.length = items.length
      Object.defineProperty(shape, 'item', { get: () => this.#shape(items[0]) })
    }
    const objects = parts.filter((part) => kindOf(checker, part) === 'object')
    Object.defineProperty(shape, 'variants', { get: () => objects.map((object) => this.#fields([object])) })
    if (objects.length > 0) Object.defineProperty(shape, 'fields', { get: () => this.#fields(objects) })
    return shape
  }

  #fields(objects) {
    const fields = new Map()
    for (const property of objects.flatMap((object) => this.#checker.getPropertiesOfType(object))) {
      if (property.name.startsWith('__') || property.flags & ts.SymbolFlags.Method) continue
      const tag = property.getJsDocTags(this.#checker).find(({ name }) => name === 'default')
      fields.set(property.name, {
        shape: this.#shape(this.#checker.getTypeOfSymbol(property)),
        optional: Boolean(property.flags & ts.SymbolFlags.Optional),
        default: tag && ts.displayPartsToString(tag.text),
        documented: property.getDocumentationComment(this.#checker).length > 0,
      })
    }
    return fields
  }
}

function kindOf(checker, type) {
  const { flags } = type
  if (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.TemplateLiteral)) return 'string'
  if (flags & ts.TypeFlags.NumberLike) return 'number'
  if (flags & ts.TypeFlags.BooleanLike) return 'boolean'
  if (flags & ts.TypeFlags.Null) return 'null'
  if (checker.isArrayType(type) || checker.isTupleType(type)) return 'array'
  if (flags & ts.TypeFlags.Intersection) return 'object'
  if (flags & ts.TypeFlags.Object) return type.symbol?.name.endsWith('Array') ? type.symbol.name : 'object'
  return 'other'
}
