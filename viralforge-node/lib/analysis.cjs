'use strict'

const { now } = require('./error.cjs')
const { scenesOf } = require('./statistics.cjs')
const { fromParts } = require('./waveform.cjs')
const native = require('./native.cjs')

let handleOf

/** What `analyze` found: a handle to native memory. Each part becomes JavaScript when it is first looked at. */
class Analysis {
  #handle
  #parts = new Map()

  static {
    handleOf = (value) => {
      if (typeof value === 'object' && value !== null && #handle in value) return value.#handle
      throw new TypeError('analysis must be what analyze() found')
    }
  }

  constructor(handle) {
    if (!(handle instanceof native.Analysis)) throw new TypeError('an Analysis comes from analyze() or Analysis.fromJSON()')
    this.#handle = handle
  }

  static fromJSON(json) {
    const text = typeof json === 'string' ? json : JSON.stringify(json)
    if (text === undefined) throw new TypeError('json must be an object or a string')
    return new Analysis(now(() => native.Analysis.fromJson(text)))
  }

  get media() {
    return this.#once('media', () => JSON.parse(this.#handle.part('media')))
  }

  get scenes() {
    return this.#once('scenes', () => {
      const parts = this.#handle.scenes
      return parts ? scenesOf(parts) : null
    })
  }

  get loudness() {
    return this.#once('loudness', () => JSON.parse(this.#handle.part('loudness')))
  }

  get silence() {
    return this.#once('silence', () => JSON.parse(this.#handle.part('silence')))
  }

  get waveform() {
    return this.#once('waveform', () => {
      const parts = this.#handle.waveform
      return parts ? fromParts(parts) : null
    })
  }

  get quality() {
    return this.#once('quality', () => this.#handle.quality ?? null)
  }

  get subject() {
    return this.#once('subject', () => this.#handle.subject ?? null)
  }

  get undecodablePackets() {
    return this.#handle.undecodablePackets
  }

  toJSON() {
    return JSON.parse(now(() => this.#handle.toJson()))
  }

  #once(name, make) {
    if (!this.#parts.has(name)) this.#parts.set(name, make())
    return this.#parts.get(name)
  }
}

module.exports = { Analysis, handleOf }
