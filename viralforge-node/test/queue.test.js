// A bounded number of jobs at once, the others in order, and an event loop that nobody blocks.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'

import * as vf from 'viralforge'

import { demo, longVideo, seed } from './media.js'

const clip = seed('h264-aac.mp4')

test('as many jobs run at once as is said, and the others wait in order', async (t) => {
  const before = vf.concurrency()
  t.after(() => vf.concurrency(before))
  assert.equal(vf.concurrency(2), 2)
  const running = new Set()
  const begun = []
  let most = 0
  const job = async (i) => {
    // The next job may tell that it began before the promise of the one that made room is settled.
    const onProgress = ({ fraction }) => {
      if (!begun.includes(i)) begun.push(i)
      if (fraction < 1) running.add(i)
      else running.delete(i)
      most = Math.max(most, running.size)
    }
    await vf.measureLoudness(demo, { onProgress })
  }
  await Promise.all([0, 1, 2, 3, 4, 5].map(job))
  assert.equal(most, 2)
  assert.deepEqual(new Set(begun.slice(0, 2)), new Set([0, 1]))
  assert.deepEqual(new Set(begun.slice(4)), new Set([4, 5]))
})

test('a job that waits is cancelled at once', async (t) => {
  const before = vf.concurrency()
  t.after(() => vf.concurrency(before))
  vf.concurrency(1)
  const controller = new AbortController()
  let begun
  const started = new Promise((resolve) => (begun = resolve))
  const first = vf.analyze(demo, { onProgress: begun })
  await started
  const reason = new Error('no longer needed')
  const waiting = vf.analyze(demo, { signal: controller.signal, onProgress: () => assert.fail('it ran') })
  const behind = vf.probe(clip)
  controller.abort(reason)
  const soonest = await Promise.race([waiting.catch((error) => error), first])
  assert.equal(soonest, reason, 'it waited for the job before it')
  await first
  assert.equal((await behind).container, 'mp4')
})

test('more jobs at once begin at once', async (t) => {
  const before = vf.concurrency()
  t.after(() => vf.concurrency(before))
  vf.concurrency(1)
  let both
  const overlapped = new Promise((resolve) => (both = resolve))
  const seen = new Set()
  const job = (name) => vf.analyze(demo, { onProgress: () => seen.add(name).size === 2 && both() })
  const jobs = [job('a'), job('b')]
  vf.concurrency(2)
  await overlapped
  await Promise.all(jobs)
})

test('timers and files do not wait for jobs', async (t) => {
  const path = longVideo(t, 120)
  const before = vf.concurrency()
  t.after(() => vf.concurrency(before))
  vf.concurrency(6)
  const controller = new AbortController()
  let first
  const begun = new Promise((resolve) => (first = resolve))
  const jobs = Array.from({ length: 6 }, () => vf.analyze(path, { signal: controller.signal, onProgress: first }))
  let done = 0
  for (const job of jobs) job.then(() => done++, () => done++)
  await begun
  const timers = []
  const files = []
  for (let i = 0; i < 100; i++) {
    const started = performance.now()
    await after(5)
    timers.push(performance.now() - started - 5)
    const opened = performance.now()
    await readFile(clip)
    files.push(performance.now() - opened)
  }
  // On libuv's pool, which has four threads, a read waits for a whole job; on the event loop, a timer does.
  assert.equal(done, 0, 'a hundred timers and files took as long as a job')
  controller.abort()
  await Promise.allSettled(jobs)
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
  const figures = { timer: median(timers), timerMost: timers.at(-1), file: median(files), fileMost: files.at(-1) }
  t.diagnostic(JSON.stringify(figures))
})
