// Every kind of source gives the same answer; sources that misbehave do no harm.
import assert from 'node:assert/strict'
import { createReadStream, readFileSync, readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import * as vf from 'viralforge'

import { demo, ownTemporaryFolder, seed } from './media.js'

const clip = seed('h264-aac.mp4')
const bytes = readFileSync(clip)
/** More than is kept in memory. */
const LARGE = 17 << 20

const openFiles = () => readdirSync('/proc/self/fd').length
const spooled = ownTemporaryFolder()

/** A valid MP4 of that size: an empty box fills it. */
function padded(size) {
  const box = Buffer.alloc(size - bytes.length)
  box.writeUInt32BE(box.length)
  box.write('free', 4)
  return Buffer.concat([bytes, box])
}

function* chunks(buffer, size) {
  for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size)
}

test('every kind of source gives the same facts', async () => {
  const expected = await vf.probe(clip)
  const exact = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const sources = {
    URL: pathToFileURL(clip),
    Buffer: bytes,
    Uint8Array: new Uint8Array(exact),
    ArrayBuffer: exact,
    Blob: new Blob([bytes]),
    File: new (await import('node:buffer')).File([bytes], 'a.mp4'),
    ReadStream: createReadStream(clip, { highWaterMark: 100 }),
    Readable: Readable.from(chunks(bytes, 7)),
    ReadableStream: new Blob([bytes]).stream(),
    generator: (async function* () {
      yield* chunks(bytes, 1000)
    })(),
  }
  for (const [kind, source] of Object.entries(sources)) assert.deepEqual(await vf.probe(source), expected, kind)
})

test('a view of bytes is only what it shows', async () => {
  const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')])
  const report = await vf.probe(around.subarray(6, 6 + bytes.length))
  assert.equal(report.byteLen, bytes.length)
})

test('bytes are copied before the call returns', async () => {
  const own = Uint8Array.from(bytes)
  const written = vf.probe(own)
  own.fill(0)
  const moved = Uint8Array.from(bytes)
  const detached = vf.probe(moved)
  structuredClone(moved.buffer, { transfer: [moved.buffer] })
  assert.deepEqual(await written, await vf.probe(bytes))
  assert.deepEqual(await detached, await written)
})

test('a stream that reuses its chunks is read rightly', async () => {
  const chunk = Buffer.alloc(50)
  const reusing = async function* () {
    for (const part of chunks(bytes, 50)) {
      part.copy(chunk)
      yield chunk.subarray(0, part.length)
    }
  }
  assert.equal((await vf.probe(reusing())).byteLen, bytes.length)
})

test('a long stream goes through a file that is gone afterwards', async () => {
  const large = padded(LARGE)
  const before = openFiles()
  for (const make of [() => Readable.from(chunks(large, 1 << 20)), () => new Blob([large])]) {
    const report = await vf.probe(make())
    assert.deepEqual([report.byteLen, report.streams.length], [LARGE, 2])
    const scenes = await vf.detectScenes(make())
    assert.equal(scenes.scenes.length, 1)
    await assert.rejects(vf.detectScenes(make(), { limits: { maxStreams: 1 } }), { code: 'limit_exceeded' })
  }
  assert.deepEqual(spooled(), [])
  assert.equal(openFiles(), before)
})

test('no more of a stream is read than the limit allows', async () => {
  for (const max of [1000, LARGE - (512 << 10)]) {
    let given = 0
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given += 64 << 10
          yield Buffer.alloc(64 << 10)
        }
      })(),
      { highWaterMark: 1 },
    )
    const expected = { name: 'ViralforgeError', code: 'limit_exceeded', limit: 'maxInputBytes', allowed: String(max) }
    await assert.rejects(vf.probe(endless, { limits: { maxInputBytes: max } }), expected)
    assert.ok(endless.destroyed)
    assert.ok(given <= max + (256 << 10), `${given}`)
  }
  await assert.rejects(vf.probe(new Blob([bytes]), { limits: { maxInputBytes: 9 } }), { code: 'limit_exceeded' })
  assert.deepEqual(spooled(), [])
})

test('an upload that is too long is refused by a report, without reading on', async () => {
  let given = 0
  const endless = Readable.from(
    (function* () {
      for (;;) {
        given += 1000
        yield Buffer.alloc(1000)
      }
    })(),
    { highWaterMark: 1 },
  )
  const { verdict, findings } = await vf.validateUpload(endless, { policy: { maxBytes: 5000 } })
  assert.deepEqual([verdict, findings[0].class], ['reject', 'resource_limit'])
  assert.ok(given < 20_000 && endless.destroyed)
})

test('what a stream throws comes out unchanged', async () => {
  const reason = new RangeError('the disk is on fire')
  const failing = (at) =>
    Readable.from(
      (function* () {
        yield* chunks(padded(LARGE).subarray(0, at), 1 << 20)
        throw reason
      })(),
    )
  const before = openFiles()
  for (const at of [0, 1000, LARGE]) await assert.rejects(vf.detectScenes(failing(at)), (error) => error === reason)
  const odd = new Readable({ read() { this.destroy(reason) } })
  await assert.rejects(vf.probe(odd), (error) => error === reason)
  await assert.rejects(vf.probe({ [Symbol.asyncIterator]: () => { throw reason } }), (error) => error === reason)
  assert.equal(openFiles(), before)
  assert.deepEqual(spooled(), [])
})

test('a stream that closes early rejects, and so does one that is closed already', async () => {
  const early = new Readable({ read() { this.push(bytes.subarray(0, 100)); this.destroy() } })
  await assert.rejects(vf.probe(early), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  await assert.rejects(vf.probe(early), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

test('a stream of anything but bytes is a TypeError', async () => {
  await assert.rejects(vf.probe(Readable.from(['text'])), { name: 'TypeError', message: /bytes/ })
  await assert.rejects(vf.probe(Readable.from([{ a: 1 }])), { name: 'TypeError' })
  const text = createReadStream(clip, { encoding: 'latin1' })
  await assert.rejects(vf.probe(text), { name: 'TypeError' })
})

test('a stream without bytes is as an empty file', async () => {
  await assert.rejects(vf.probe(Readable.from([])), { code: 'malformed' })
  assert.equal((await vf.validateUpload(Readable.from([]))).findings[0].code, 'empty')
})

test('errors name a source as the caller knows it', async () => {
  const name = async (source) => (await vf.detectScenes(source, { limits: { maxStreams: 1 } }).catch((e) => e)).message
  assert.match(await name(clip), /^\/.*h264-aac\.mp4: /)
  assert.match(await name(bytes), /^bytes: /)
  assert.match(await name(new (await import('node:buffer')).File([bytes], 'holiday.mp4')), /^holiday\.mp4: /)
  assert.match(await name(createReadStream(demo)), /^\/.*52s\.mp4: /)
  assert.match(await name(Readable.from([bytes])), /^stream: /)
})
