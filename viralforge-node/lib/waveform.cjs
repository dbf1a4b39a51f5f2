'use strict'

const { now } = require('./error.cjs')
const native = require('./native.cjs')

/** Minima and maxima of a sound track. */
class Waveform {
  #extremes

  constructor(parts) {
    const { sampleRateHz, samplesPerPixel, channels, data } = parts ?? {}
    for (const [name, value] of Object.entries({ sampleRateHz, samplesPerPixel, channels })) {
      if (typeof value !== 'number') throw new TypeError(`${name} must be a number`)
    }
    if (!(data instanceof Int16Array)) throw new TypeError('data must be an Int16Array')
    this.sampleRateHz = sampleRateHz
    this.samplesPerPixel = samplesPerPixel
    this.channels = channels
    this.length = data.length / (2 * channels)
    this.data = data
    // What comes from the native half is sound; anything else is checked there.
    if (!made.delete(parts)) this.#extremes = now(() => native.waveformExtremes({ sampleRateHz, samplesPerPixel, channels, data }))
  }

  get min() {
    return this.#both().min
  }

  get max() {
    return this.#both().max
  }

  #both() {
    this.#extremes ??= now(() => native.waveformExtremes(this))
    return this.#extremes
  }

  toJSON() {
    const { sampleRateHz, samplesPerPixel, channels, length, data } = this
    return { sampleRateHz, samplesPerPixel, channels, length, data: Array.from(data) }
  }

  static fromJSON(json) {
    const parts = typeof json === 'string' ? JSON.parse(json) : json
    return new Waveform({ ...parts, data: Int16Array.from(parts?.data ?? []) })
  }
}

/** Parts that the native half made. */
const made = new WeakSet()

function fromParts(parts) {
  made.add(parts)
  return new Waveform(parts)
}

module.exports = { Waveform, fromParts }
