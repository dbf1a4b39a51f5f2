// Thousands of calls of every kind, and what the process holds after each window of them: a program of its own, which prints
// one JSON array. See leak.test.js.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import * as vf from 'viralforge'

import { seed } from './media.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')
const clip = seed('h264-aac.mp4')
const bytes = readFileSync(clip)
const controller = new AbortController()

/** One of each, ten calls: results, handles, arrays, errors, progress, signals, streams. */
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

/** What is held once nothing is left to collect; memory in KiB. */
async function held() {
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    memory: process.memoryUsage.rss() / 2 ** 10,
    files: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
  }
}

const seen = []
const [windows, rounds] = process.argv.slice(2).map(Number)
for (let i = 0; i < windows; i++) {
  for (let j = 0; j < rounds; j++) await round()
  seen.push(await held())
}
console.log(JSON.stringify(seen))
