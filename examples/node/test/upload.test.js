import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { request } from 'node:http'
import { test } from 'node:test'

import { uploadServer } from '../upload.mjs'
import { demo, folder, seed } from './media.js'

const MIB = 1 << 20

async function listening(t, options) {
  const out = folder(t)
  const app = uploadServer({ folder: out, ...options })
  t.after(() => app.close())
  // When a handler throws, it has cleaned up.
  const failed = new Promise((resolve) => app.addHook('onError', async (_request, _reply, error) => resolve(error)))
  return { failed, url: await app.listen({ host: '127.0.0.1', port: 0 }), out }
}

/** Begins an upload; `answer` is there as soon as the server gives it, whether or not all was sent. */
function begin(url, name, headers = {}) {
  const upload = request(`${url}/uploads/${name}`, { method: 'PUT', headers })
  // Once it has refused, the server hangs up.
  upload.on('error', () => {})
  const answer = once(upload, 'response').then(async ([response]) => {
    response.setEncoding('utf8')
    let text = ''
    response.on('error', () => {})
    for await (const chunk of response) text += chunk
    return { status: response.statusCode, body: JSON.parse(text) }
  })
  return { upload, answer }
}

test('a video is accepted and kept under a safe name', async (t) => {
  const { url, out } = await listening(t)
  const { upload, answer } = begin(url, 'my%20film.mp4', { 'content-type': 'video/mp4' })
  upload.end(readFileSync(demo))
  const { status, body } = await answer
  assert.equal(status, 201, JSON.stringify(body))
  assert.match(body.name, /^my.film\.mp4$/)
  assert.deepEqual(readdirSync(out), [body.id])
  assert.deepEqual(readFileSync(`${out}/${body.id}`), readFileSync(demo))
})

test('what is no video is refused by its first bytes, before the rest is sent', async (t) => {
  const { url, out } = await listening(t)
  for (const start of ['%PDF-1.7\n', 'MZ\x90\x00', '#EXTM3U\n', '<html><script>']) {
    const { upload, answer } = begin(url, 'film.mp4', { 'content-length': 50 * MIB })
    upload.write(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(70_000)]))
    const { status, body } = await answer
    assert.equal(status, 422, start)
    assert.ok(body.findings[0].message, start)
    upload.destroy()
  }
  assert.deepEqual(readdirSync(out), [])
})

test('a dangerous name is refused as early', async (t) => {
  const { url } = await listening(t)
  const { upload, answer } = begin(url, 'film.mp4.exe')
  upload.write(readFileSync(demo).subarray(0, 70_000))
  assert.equal((await answer).status, 422)
  upload.destroy()
})

test('too much is refused by the announced size, and by what arrives', async (t) => {
  const { url, out } = await listening(t, { maxBytes: MIB })
  const announced = begin(url, 'film.mp4', { 'content-length': 2 * MIB })
  announced.upload.flushHeaders()
  assert.equal((await announced.answer).status, 413)
  announced.upload.destroy()
  const arriving = begin(url, 'film.mp4', { 'transfer-encoding': 'chunked' })
  arriving.upload.write(readFileSync(demo).subarray(0, MIB + 1))
  assert.equal((await arriving.answer).status, 413)
  arriving.upload.destroy()
  assert.deepEqual(readdirSync(out), [])
})

test('a file that is cut short is refused once it is there, and nothing is kept', async (t) => {
  const { url, out } = await listening(t)
  const { upload, answer } = begin(url, 'film.mp4')
  upload.end(readFileSync(demo).subarray(0, MIB))
  const { status, body } = await answer
  assert.equal(status, 422)
  assert.ok(body.findings.length > 0)
  const sound = begin(url, 'film.wav')
  sound.upload.end(readFileSync(seed('tone.wav')))
  assert.equal((await sound.answer).status, 422)
  assert.deepEqual(readdirSync(out), [])
})

test('a client that goes away leaves nothing', async (t) => {
  const { url, out, failed } = await listening(t)
  const { upload, answer } = begin(url, 'film.mp4', { 'content-length': 10 * MIB })
  answer.catch(() => {})
  upload.write(readFileSync(demo).subarray(0, MIB), () => upload.destroy())
  await failed
  assert.deepEqual(readdirSync(out), [])
})
