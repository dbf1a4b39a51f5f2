'use strict'

const { fromNative } = require('./error.cjs')
const native = require('./native.cjs')

/**
 * Runs one job: lets the signal stop it, hands on its progress and what it tells, and makes the errors of JavaScript of
 * its own.
 *
 * `start` gets the native call. It runs at once up to its first `await`, so that bytes are copied before the caller
 * goes on.
 */
async function run({ signal, onProgress, onTold }, start) {
  signal?.throwIfAborted()
  let thrown
  const hand = (items, callback) => {
    for (const item of items) {
      if (thrown) return
      try {
        callback(item)
      } catch (error) {
        thrown = { error }
        call.cancel()
      }
    }
  }
  const deliver = () => {
    if (onTold) hand(call.takeTold(), onTold)
    if (onProgress) hand(call.takeProgress(), onProgress)
  }
  // What is collected stops its job; `stop` and `deliver` keep it until the job is done.
  const watched = Boolean(onProgress || onTold)
  const call = new native.Call(watched ? deliver : undefined)
  const stop = () => call.cancel()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const result = await start(call)
    // The promise may arrive before the last call of the callback does.
    if (watched) deliver()
    if (thrown) throw thrown.error
    return result
  } catch (error) {
    if (thrown) throw thrown.error
    if (signal?.aborted) throw signal.reason
    throw fromNative(error)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

module.exports = { run }
