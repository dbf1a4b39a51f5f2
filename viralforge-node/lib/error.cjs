'use strict'

const { getSystemErrorName } = require('node:util')

/** Every error that this package raises on purpose, wrong arguments aside: those are a `TypeError`. */
class ViralforgeError extends Error {
  constructor(facts) {
    super(facts.message)
    this.code = facts.code
    for (const name of ['option', 'limit', 'actual', 'allowed', 'track']) {
      if (facts[name] !== undefined) this[name] = facts[name]
    }
    if (typeof facts.errno === 'number') this.systemCode = getSystemErrorName(-facts.errno)
  }
}

// Not a field of each error: it would be printed with the facts.
Object.defineProperty(ViralforgeError.prototype, 'name', { value: 'ViralforgeError', configurable: true, writable: true })

/** The native half rejects with the facts as JSON; anything else is left as it is. */
function fromNative(error) {
  if (!(error instanceof Error) || error.code !== 'GenericFailure' || !error.message.startsWith('{"')) return error
  return new ViralforgeError(JSON.parse(error.message))
}

/** Calls a function of the native half that answers at once. */
function now(call) {
  try {
    return call()
  } catch (error) {
    throw fromNative(error)
  }
}

module.exports = { ViralforgeError, fromNative, now }
