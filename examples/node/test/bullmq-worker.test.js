import assert from 'node:assert/strict'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { Queue, QueueEvents } from 'bullmq'

import { transcode } from 'viralforge'

import { clipWorker, DEAD_LETTERS, QUEUE } from '../bullmq-worker.mjs'
import { demo, folder, seed } from './media.js'
import { redis } from './redis.js'

/** Redis, the worker, and a queue to put jobs into. */
async function setUp(t) {
  const { connection, stop } = await redis()
  const queue = new Queue(QUEUE, { connection })
  const dead = new Queue(DEAD_LETTERS, { connection })
  const events = new QueueEvents(QUEUE, { connection })
  const deadEvents = new QueueEvents(DEAD_LETTERS, { connection })
  await Promise.all([events.waitUntilReady(), deadEvents.waitUntilReady()])
  const worker = clipWorker(connection)
  t.after(async () => {
    await worker.close()
    await Promise.all([queue.close(), dead.close(), events.close(), deadEvents.close()])
    await stop()
  })
  return { queue, dead, events, deadEvents }
}

/** Six seconds, since it is not the encoder that is tested. */
async function shortVideo(path) {
  await transcode(demo, path, { range: { startSeconds: 20, endSeconds: 26 }, speed: 'ultrafast' })
  return path
}

const once = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve))

test('a job reports its progress, and returns its clips', async (t) => {
  const { queue, events } = await setUp(t)
  const out = folder(t)
  const seen = []
  events.on('progress', ({ data }) => seen.push(data.percent))
  const job = await queue.add('clip', { source: await shortVideo(join(out, 'short.mp4')), folder: out, count: 1 })
  const clips = await job.waitUntilFinished(events)
  assert.equal(clips.length, 1)
  assert.ok(existsSync(clips[0].path) && clips[0].score > 0)
  assert.ok(seen.length > 10)
  assert.deepEqual(seen, seen.toSorted((a, b) => a - b))
  assert.equal(seen.at(-1), 100)
})

test('a file that is not there yet is tried again', async (t) => {
  const { queue, events } = await setUp(t)
  const out = folder(t)
  const source = join(out, 'late.mp4')
  const arriving = await shortVideo(join(out, 'arriving.mp4'))
  const retried = once(events, 'delayed')
  const job = await queue.add('clip', { source, folder: out, count: 1 }, { attempts: 20, backoff: 100 })
  await retried
  renameSync(arriving, source)
  assert.equal((await job.waitUntilFinished(events)).length, 1)
  const { attemptsMade } = await queue.getJob(job.id)
  assert.ok(attemptsMade >= 2, `${attemptsMade}`)
})

test('a broken file is not tried again, and ends among the dead letters', async (t) => {
  const { queue, dead, events, deadEvents } = await setUp(t)
  const buried = once(deadEvents, 'added')
  const data = { source: seed('captions.srt'), folder: folder(t) }
  const job = await queue.add('clip', data, { attempts: 5 })
  await assert.rejects(job.waitUntilFinished(events), /^Error: malformed: /)
  await buried
  const [letter] = await dead.getWaiting()
  assert.deepEqual([letter.data.source, letter.data.job], [data.source, job.id])
  assert.match(letter.data.error, /^malformed: /)
  assert.equal((await queue.getJob(job.id)).attemptsMade, 1)
})

test('what fails to the last attempt ends there as well', async (t) => {
  const { queue, dead, deadEvents } = await setUp(t)
  const buried = once(deadEvents, 'added')
  const job = await queue.add('clip', { source: '/no/such.mp4', folder: folder(t) }, { attempts: 2, backoff: 10 })
  await buried
  const [letter] = await dead.getWaiting()
  assert.deepEqual([letter.data.job, (await queue.getJob(job.id)).attemptsMade], [job.id, 2])
})
