'use strict'

const { mkdtemp, open, rm } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { finished } = require('node:stream')
const { pipeline } = require('node:stream/promises')

const { pathOf } = require('./source.cjs')

/**
 * Gives `write` the path to write to. For a stream that is a private file, which is piped into the stream once it is
 * complete: an MP4's index is known last and stands first, and nothing may arrive of a job that fails.
 */
async function withOutput(output, { signal, cancel }, write) {
  if (typeof output === 'string') return write(output)
  if (output instanceof URL) return write(pathOf(output, 'output'))
  if (typeof output?.write !== 'function' || typeof output.end !== 'function' || typeof output.on !== 'function') {
    throw new TypeError('output must be a path, a file: URL or a writable stream')
  }
  return toStream(output, { signal, cancel }, write)
}

async function toStream(stream, { signal, cancel }, write) {
  let lost
  const unwatch = finished(stream, { readable: false }, (error) => {
    lost = { error: error ?? Object.assign(new Error('the output stream ended early'), { code: 'ERR_STREAM_WRITE_AFTER_END' }) }
    cancel()
  })
  let folder
  try {
    folder = await mkdtemp(join(tmpdir(), 'viralforge-'))
    const path = join(folder, 'output')
    const report = await write(path)
    const file = await open(path)
    await rm(folder, { recursive: true, force: true })
    if (lost) {
      await file.close()
      throw lost.error
    }
    unwatch()
    await pipeline(file.createReadStream(), stream, { signal })
    return report
  } catch (error) {
    throw lost ? lost.error : error
  } finally {
    unwatch()
    if (folder) await rm(folder, { recursive: true, force: true })
  }
}

/** What reports call an output that is a stream. */
const isStream = (output) => typeof output !== 'string' && !(output instanceof URL)

module.exports = { isStream, withOutput }
