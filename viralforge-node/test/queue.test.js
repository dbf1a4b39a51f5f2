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
  const at = performance.now()
  controller.abort(reason)
  await assert.rejects(waiting, (error) => error === reason)
  assert.ok(performance.now() - at < 50, `${performance.now() - at} ms`)
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

test('timers and files stay quick while six jobs run', async (t) => {
  const path = longVideo(t, 40)
  const before = vf.concurrency()
  t.after(() => vf.concurrency(before))
  vf.concurrency(6)
  const controller = new AbortController()
  let first
  const begun = new Promise((resolve) => (first = resolve))
  const jobs = Array.from({ length: 6 }, () => vf.analyze(path, { signal: controller.signal, onProgress: first }))
  const ended = Promise.allSettled(jobs)
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
  controller.abort()
  const results = await ended
  assert.ok(results.some(({ status }) => status === 'rejected'), 'the jobs were over before the measuring was')
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
  const figures = { timer: median(timers), timerMost: timers.at(-1), file: median(files), fileMost: files.at(-1) }
  t.diagnostic(JSON.stringify(figures))
  // Six jobs on two processors: the bounds leave room for the scheduler. On libuv's pool a read waits for a whole job.
  assert.ok(figures.timer < 10 && figures.timerMost < 100, JSON.stringify(figures))
  assert.ok(figures.file < 20 && figures.fileMost < 150, JSON.stringify(figures))
})
