'use strict'

const { randomUUID } = require('node:crypto')
const { open, unlink } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const { ViralforgeError } = require('./error.cjs')

/** What a stream may take of memory; a longer one goes to a file. */
const MAX_MEMORY_BYTES = 16 << 20

/**
 * Reads a stream to its end: into memory, or into a file without a name, which is gone with its last handle whatever
 * happens.
 *
 * `max` is the limit on bytes; with `atMost` reading just stops behind it, for a verb that reports the excess itself.
 */
async function gather(stream, { name, max, atMost = false, signal }) {
  const kept = new Kept()
  const iterator = stream[Symbol.asyncIterator]()
  const abort = abortion(signal)
  try {
    for (;;) {
      const { done, value } = await (abort ? Promise.race([iterator.next(), abort.promise]) : iterator.next())
      if (done) return await kept.finish(name)
      if (!(value instanceof Uint8Array)) throw new TypeError('a stream must give bytes, without an encoding')
      if (kept.size + value.byteLength > max) {
        if (!atMost) throw tooLong(name, kept.size + value.byteLength, max)
        await kept.add(value.subarray(0, max + 1 - kept.size))
        leave(stream, iterator)
        return await kept.finish(name)
      }
      await kept.add(value)
    }
  } catch (error) {
    leave(stream, iterator)
    await kept.close()
    throw error
  } finally {
    abort?.forget()
  }
}

/** Bytes as they come. Each chunk is copied: whoever made it may use its memory again. */
class Kept {
  size = 0
  #memory = Buffer.alloc(64 << 10)
  #file

  async add(chunk) {
    const end = this.size + chunk.byteLength
    if (!this.#file && end > MAX_MEMORY_BYTES) {
      this.#file = await nameless()
      await this.#file.appendFile(this.#memory.subarray(0, this.size))
      this.#memory = undefined
    }
    if (this.#file) {
      await this.#file.appendFile(chunk)
    } else {
      if (end > this.#memory.length) this.#memory = Buffer.concat([this.#memory], Math.max(end, 2 * this.#memory.length))
      this.#memory.set(chunk, this.size)
    }
    this.size = end
  }

  finish(name) {
    if (!this.#file) return { value: this.#memory.subarray(0, this.size), name }
    const file = this.#file
    return { value: `/dev/fd/${file.fd}`, name, close: () => file.close() }
  }

  async close() {
    await this.#file?.close()
  }
}

async function nameless() {
  const path = join(tmpdir(), `viralforge-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

/** A promise that rejects when the signal fires. */
function abortion(signal) {
  if (!signal) return
  let onAbort
  const promise = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  promise.catch(() => {})
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) }
}

/** Lets a stream go that nobody reads further. Waiting for it could take for ever. */
function leave(stream, iterator) {
  if (typeof stream.destroy === 'function') stream.destroy()
  else Promise.resolve(iterator.return?.()).catch(() => {})
}

function tooLong(name, actual, allowed) {
  const message = `${name}: maxInputBytes ${actual} is over the limit of ${allowed}`
  return new ViralforgeError({
    code: 'limit_exceeded',
    message,
    limit: 'maxInputBytes',
    actual: String(actual),
    allowed: String(allowed),
  })
}

module.exports = { gather, tooLong }
