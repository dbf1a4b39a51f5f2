// Thousands of calls of every kind leave memory, files and threads as they were.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import * as vf from 'viralforge'

import { seed } from './media.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')
const clip = seed('h264-aac.mp4')
const bytes = readFileSync(clip)
const controller = new AbortController()

/** One of each: results, handles, arrays, errors, progress, signals, streams. */
async function round() {
  await vf.probe(clip, { onProgress() {}, signal: controller.signal })
  await vf.probe(bytes)
  await vf.probe(Readable.from([bytes]))
  await vf.probe('/no/such').catch(() => {})
  await vf.validateUpload(new Blob([bytes]))
  await vf.detectScenes(clip, { onProgress() { throw new Error('stop') } }).catch(() => {})
  const analysis = await vf.analyze(clip)
  assert.ok(analysis.quality && analysis.subject && analysis.waveform.max)
  await vf.planReframe(analysis)
  await vf.extractFrames(clip, { times: [0] })
  await vf.probe(bytes, { signal: AbortSignal.abort() }).catch(() => {})
}

/** Resident memory in MiB once nothing is left to collect. */
async function settled() {
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage.rss() / 2 ** 20
}

const openFiles = () => readdirSync('/proc/self/fd').length
const threads = () => readdirSync('/proc/self/task').length

test('3,000 calls leak nothing', async (t) => {
  // Allocators keep what they got for a while: the first thousand calls and more show what is usual.
  for (let i = 0; i < 150; i++) await round()
  const before = { memory: await settled(), files: openFiles(), threads: threads() }
  for (let i = 0; i < 300; i++) await round()
  const after = { memory: await settled(), files: openFiles(), threads: threads() }
  t.diagnostic(JSON.stringify({ before, after }))
  assert.deepEqual([after.files, after.threads], [before.files, before.threads])
  // Memory moves in steps of some MiB as V8 and malloc see fit; 4 KiB lost in each call would be 12 MiB.
  assert.ok(after.memory - before.memory < 12, `${before.memory} MiB before, ${after.memory} MiB after`)
})
