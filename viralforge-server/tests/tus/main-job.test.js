// The main job over HTTP: an upload that breaks off and is resumed, clips of it, their progress, their bytes. On the
// embedded engines, and on PostgreSQL, Redis and an S3 server where ../engines/run.sh has started them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { headers, json, kill, start, until } from './host.js'
import { resume, uploadSome, video } from './upload.js'

const {
  VIRALFORGE_TEST_POSTGRES: postgres,
  VIRALFORGE_TEST_REDIS: redis,
  VIRALFORGE_TEST_S3: s3,
  VIRALFORGE_TEST_S3_KEY_ID: keyId,
  VIRALFORGE_TEST_S3_SECRET: secret,
} = process.env

function engines() {
  const database = `main${Date.now()}`
  execFileSync('psql', ['--quiet', `${postgres}/postgres`, '--command', `CREATE DATABASE ${database}`])
  return {
    DATABASE_URL: `${postgres}/${database}`,
    REDIS_URL: redis,
    S3_ENDPOINT: s3,
    S3_BUCKET: 'viralforge',
    S3_ACCESS_KEY_ID: keyId,
    S3_SECRET_ACCESS_KEY: secret,
  }
}

/** The events of a job, from `last` on, at most `count` of them. */
async function events(url, last, count = Infinity) {
  const leave = new AbortController()
  const answer = await fetch(url, { headers: { ...headers, ...(last && { 'last-event-id': last }) }, signal: leave.signal })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const seen = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body) {
    text += decoder.decode(chunk, { stream: true })
    for (let end; (end = text.indexOf('\n\n')) >= 0 && seen.length < count; text = text.slice(end + 2)) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: ?(.*)/s)),
      )
      if (fields.data) seen.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) })
    }
    if (seen.length >= count) break
  }
  leave.abort()
  return seen
}

async function mainJob(settings) {
  const data = await mkdtemp(join(tmpdir(), 'viralforge-main-'))
  const first = await start(data, settings)
  const broken = await uploadSome(`${first.url}/v1/uploads`)
  await kill(first.server)

  const { server, url } = await start(data, settings)
  const address = broken.replace(first.url, url)
  const before = await resume(address)
  assert.ok(before >= 2_000_000 && before < video.length, `${before} bytes were there`)
  const { state, asset_id: id } = await json(address)
  assert.equal(state, 'complete')
  const asset = await until(`${url}/v1/assets/${id}`, (asset) => asset.state !== 'quarantined')
  assert.deepEqual([asset.state, asset.bytes, asset.media.streams[0].width], ['accepted', video.length, 1280])

  const made = await json(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'main' },
    body: JSON.stringify({ kind: 'clip-generation', asset_id: id, options: { to: ['tiktok'] } }),
  })
  // The connection breaks after three events; the rest comes by the id of the last one.
  const stream = `${url}/v1/jobs/${made.id}/events`
  const begin = await events(stream, undefined, 3)
  const all = [...begin, ...(await events(stream, begin.at(-1).id))]
  assert.equal(new Set(all.map((event) => event.id)).size, all.length, 'no event came twice')
  const states = all.filter(({ event }) => event === 'state').map(({ data }) => data.state)
  assert.deepEqual(states, ['queued', 'running', 'succeeded'])
  const fractions = all.filter(({ event }) => event === 'progress').map(({ data }) => data.fraction)
  assert.ok(fractions.length > 2 && fractions.every((now, i) => i === 0 || now >= fractions[i - 1]), `${fractions}`)

  const job = await json(`${url}/v1/jobs/${made.id}`)
  const clips = job.outputs.filter((output) => output.content_type === 'video/mp4')
  assert.ok(clips.length > 0 && clips.every(({ name }) => /^clip-\d-tiktok\.mp4$/.test(name)), JSON.stringify(clips))
  for (const clip of clips) {
    const whole = Buffer.from(await (await fetch(clip.url)).arrayBuffer())
    assert.equal(whole.length, clip.bytes)
    assert.equal(whole.toString('latin1', 4, 8), 'ftyp')
    const half = Math.floor(clip.bytes / 2)
    const parts = []
    for (const range of [`bytes=0-${half - 1}`, `bytes=${half}-`]) {
      const part = await fetch(clip.url, { headers: { range } })
      assert.equal(part.status, 206)
      parts.push(Buffer.from(await part.arrayBuffer()))
    }
    assert.ok(whole.equals(Buffer.concat(parts)), 'two halves are the whole')
  }
  await kill(server)
  await rm(data, { recursive: true })
}

test('the main job on SQLite and a folder', () => mainJob({}))

const missing = [postgres, redis, s3].includes(undefined)
test('the main job on PostgreSQL, Redis and S3', { skip: missing && 'the engines are not started' }, () =>
  mainJob(engines()),
)
