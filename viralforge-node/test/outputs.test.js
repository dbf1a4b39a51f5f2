// Paths, URLs and streams as outputs; streams that misbehave do no harm.
import assert from 'node:assert/strict'
import { createWriteStream, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import * as vf from 'viralforge'

import { demo, folder, ownTemporaryFolder, seed } from './media.js'

const clip = seed('h264-aac.mp4')
const quick = { speed: 'ultrafast', height: 64 }
const waveform = await vf.analyzeWaveform(demo)
const staged = ownTemporaryFolder()

/** A stream that keeps what it gets. */
function collector(options) {
  const chunks = []
  const stream = new Writable({
    ...options,
    write(chunk, _, done) {
      chunks.push(chunk)
      setImmediate(done)
    },
  })
  return { stream, bytes: () => Buffer.concat(chunks) }
}

test('a path, a URL and a stream get the same bytes', async (t) => {
  const dir = folder(t)
  const report = await vf.transcode(clip, join(dir, 'a.mp4'), quick)
  await vf.transcode(clip, pathToFileURL(join(dir, 'b.mp4')), quick)
  const { stream, bytes } = collector({ highWaterMark: 100 })
  const streamed = await vf.transcode(clip, stream, quick)
  const file = createWriteStream(join(dir, 'c.mp4'))
  await vf.render(clip, file, await vf.planRender(quick))
  assert.equal(report.bytesWritten, bytes().length)
  assert.deepEqual([report.output, streamed.output], [join(dir, 'a.mp4'), 'stream'])
  for (const name of ['b.mp4', 'c.mp4']) assert.deepEqual(readFileSync(join(dir, name)), readFileSync(join(dir, 'a.mp4')))
  assert.deepEqual(bytes(), readFileSync(join(dir, 'a.mp4')))
  assert.ok(stream.writableFinished && file.writableFinished)
  assert.deepEqual(staged(), [])
})

test('a waveform is written into a stream, which has no extension', async () => {
  const { stream, bytes } = collector()
  const length = await vf.writeWaveform(waveform, stream, { format: 'svg' })
  assert.equal(bytes().length, length)
  assert.ok(bytes().toString().startsWith('<svg'))
  const unknown = collector()
  await assert.rejects(vf.writeWaveform(waveform, unknown.stream), { code: 'invalid_option', option: 'format' })
  assert.equal(unknown.bytes().length, 0)
})

test('a stream gets nothing of a job that fails', async () => {
  const { stream, bytes } = collector()
  await assert.rejects(vf.transcode(seed('tone.wav'), stream), { code: 'missing_track' })
  await assert.rejects(vf.transcode(clip, stream, { crf: 99 }), { code: 'invalid_option' })
  assert.deepEqual([bytes().length, stream.writableEnded, stream.destroyed], [0, false, false])
  assert.deepEqual(staged(), [])
})

test('the error of a stream comes out unchanged', async () => {
  const reason = new RangeError('the wire is cut')
  const failing = new Writable({ write: (_chunk, _encoding, done) => done(reason) })
  await assert.rejects(vf.transcode(clip, failing, quick), (error) => error === reason)
  const early = new PassThrough()
  const running = vf.transcode(demo, early, { onProgress: () => early.destroy(reason) })
  await assert.rejects(running, (error) => error === reason)
  assert.deepEqual(staged(), [])
})

test('a stream that closes early stops the job', async () => {
  const closing = new PassThrough()
  let last = 0
  const onProgress = ({ fraction }) => {
    last = fraction
    closing.destroy()
  }
  await assert.rejects(vf.transcode(demo, closing, { onProgress }), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  assert.ok(last < 0.5, `${last}`)
  await assert.rejects(vf.transcode(clip, closing, quick), (error) => error.code.startsWith('ERR_STREAM'))
  const ended = new PassThrough().end()
  await assert.rejects(vf.transcode(clip, ended, quick), (error) => error.code.startsWith('ERR_STREAM'))
  assert.deepEqual(staged(), [])
})

test('a signal stops the writing into a stream that nobody reads', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const stuck = new Writable({ write() { controller.abort(reason) } })
  await assert.rejects(vf.transcode(clip, stuck, { ...quick, signal: controller.signal }), (error) => error === reason)
  assert.deepEqual(staged(), [])
})
