'use strict'

const { isAnyArrayBuffer, isUint8Array } = require('node:util/types')
const { fileURLToPath } = require('node:url')

const { gather, tooLong } = require('./gather.cjs')

/**
 * Makes of a source what the native half reads: `{ value, name?, close? }` with a path or bytes, or a promise of it
 * where it has to be gathered first. A path without a name is the caller's own.
 */
function openSource(source, how) {
  if (typeof source === 'string') return { value: source }
  if (source instanceof URL) return { value: pathOf(source, 'source') }
  if (isUint8Array(source)) return { value: source, name: 'bytes' }
  if (isAnyArrayBuffer(source)) return { value: new Uint8Array(source), name: 'bytes' }
  if (source instanceof Blob) return openBlob(source, how)
  if (typeof source?.[Symbol.asyncIterator] === 'function') {
    return gather(source, { ...how, name: typeof source.path === 'string' ? source.path : 'stream' })
  }
  throw new TypeError('source must be a path, a file: URL, a Uint8Array, an ArrayBuffer, a Blob or a readable stream')
}

async function openBlob(blob, how) {
  const name = typeof blob.name === 'string' && blob.name !== '' ? blob.name : 'blob'
  if (blob.size > how.max && !how.atMost) throw tooLong(name, blob.size, how.max)
  return gather(blob.stream(), { ...how, name })
}

/** The path of a `file:` URL; throws a `TypeError` for any other. */
function pathOf(url, what) {
  if (url.protocol !== 'file:') throw new TypeError(`${what} must be a file: URL, not ${url.protocol}`)
  return fileURLToPath(url)
}

module.exports = { openSource, pathOf }
