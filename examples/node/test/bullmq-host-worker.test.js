import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

import { accepted, ask, events, host, key, program } from './host.js'
import { examples, folder } from './media.js'
import { redis } from './redis.js'

const skip = !program && 'VIRALFORGE_SERVER names no server'

/** A host that does no work itself, with an accepted asset, and what starts a stock worker beside it. */
async function setUp(t) {
  const { connection, stop } = await redis()
  t.after(stop)
  const redisUrl = `redis://${connection.host}:${connection.port}`
  const data = folder(t)
  const checking = await host(data, redisUrl, 1)
  t.after(checking.stop)
  const asset = await accepted(checking.url)
  await checking.stop()
  const { url, stop: end } = await host(data, redisUrl, 0)
  t.after(end)
  const work = () => {
    const env = { ...process.env, REDIS_URL: redisUrl, VIRALFORGE_URL: url, VIRALFORGE_API_KEY: key }
    const worker = spawn(process.execPath, ['bullmq-host-worker.mjs'], { cwd: examples, env, stdio: 'inherit' })
    const end = async (signal) => {
      if (worker.exitCode !== null || worker.signalCode !== null) return
      worker.kill(signal)
      await once(worker, 'exit')
    }
    t.after(() => end('SIGKILL'))
    return end
  }
  const body = JSON.stringify({
    kind: 'thumbnail-generation',
    asset_id: asset,
    options: { thumbnails: { count: 2, max_side: 320 } },
  })
  const asked = await ask(url, 'POST', '/v1/jobs', body, { 'content-type': 'application/json' })
  return { url, work, job: (await asked.json()).id }
}

/** Two small pictures and the report, by their addresses. */
async function hasThumbnails(url, id) {
  const job = await (await ask(url, 'GET', `/v1/jobs/${id}`)).json()
  assert.deepEqual(
    job.outputs.map(({ name, content_type: type }) => [name, type]),
    [
      ['thumbnail-1.jpg', 'image/jpeg'],
      ['thumbnail-2.jpg', 'image/jpeg'],
      ['report.json', 'application/json'],
    ],
  )
  for (const { url, bytes } of job.outputs) {
    const file = new Uint8Array(await (await fetch(url)).arrayBuffer())
    assert.equal(file.length, bytes)
    if (url.includes('.jpg')) assert.deepEqual([...file.subarray(0, 2)], [0xff, 0xd8])
  }
  return job
}

test('a stock worker does a job of the host, and whoever follows it sees how far it is', { skip }, async (t) => {
  const { url, work, job } = await setUp(t)
  work()
  const seen = []
  for await (const event of events(url, job)) seen.push(event)
  assert.deepEqual(seen.flatMap(({ state }) => state ?? []), ['queued', 'running', 'succeeded'])
  const fractions = seen.flatMap(({ fraction }) => fraction ?? [])
  assert.ok(fractions.length > 0 && fractions.at(-1) === 1, `${fractions}`)
  assert.deepEqual(fractions, fractions.toSorted((a, b) => a - b))
  assert.equal((await hasThumbnails(url, job)).starts, 1)
})

test('when a stock worker is killed, another one has the job after the lease, and it is published once', { skip }, async (t) => {
  const { url, work, job } = await setUp(t)
  const kill = work()
  const states = []
  for await (const { state } of events(url, job)) {
    if (!state) continue
    states.push(state)
    if (state === 'running' && states.length === 2) {
      await kill('SIGKILL')
      work()
    }
  }
  assert.deepEqual(states, ['queued', 'running', 'queued', 'running', 'succeeded'])
  assert.equal((await hasThumbnails(url, job)).starts, 2)
})
