'use strict'

/** An upload that is looked at while it comes. */

const { now } = require('./error.cjs')
const { parse } = require('./options.cjs')
const { uploadOptions } = require('./read.cjs')
const native = require('./native.cjs')

class UploadInspector {
  #native

  constructor(options, byteLen) {
    if (byteLen !== undefined && !(Number.isSafeInteger(byteLen) && byteLen >= 0)) {
      throw new TypeError('byteLen must be a whole number of bytes')
    }
    const { text } = parse(options, uploadOptions)
    this.#native = now(() => new native.UploadInspector(text, byteLen))
  }

  push(bytes) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array')
    return JSON.parse(this.#native.push(bytes))
  }

  report() {
    return JSON.parse(this.#native.report())
  }

  get seenBytes() {
    return this.#native.seenBytes
  }
}

module.exports = { UploadInspector }
