// Each class of bad input, through each verb that reads: the code that core gives it, and nothing half-written.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import * as vf from 'viralforge'

import { reading } from './calls.js'
import { demo, ffmpeg, folder, seed } from './media.js'

const SOUND = ['analyzeWaveform', 'measureLoudness', 'detectSilence']
const PICTURE = ['detectScenes', 'extractThumbnails', 'extractFrames', 'makeStoryboard', 'render', 'transcode']

/** Calls every verb but some and expects each to reject with a code. */
async function allReject(t, source, code, { verbs, except = ['validateUpload'], options, more } = {}) {
  const dir = folder(t)
  for (const [verb, call] of Object.entries(reading(dir))) {
    if (verbs ? !verbs.includes(verb) : except.includes(verb)) continue
    const withTimes = verb === 'extractFrames' ? { times: [0], ...options } : options
    const error = await call(source, withTimes).then(() => assert.fail(`${verb} succeeded`), (error) => error)
    assert.ok(error instanceof vf.ViralforgeError, `${verb}: ${error.stack}`)
    assert.equal(error.code, code, `${verb}: ${error.message}`)
    assert.ok(!error.message.includes('\n'), error.message)
    more?.(error, verb)
  }
  assert.deepEqual(readdirSync(dir), [])
}

test('a file that is not there is io, with the name of the system error', (t) =>
  allReject(t, '/no/such/file.mp4', 'io', {
    except: [],
    more: (error) => assert.equal(error.systemCode, 'ENOENT'),
  }))

test('a folder is io', (t) => allReject(t, folder(t), 'io', { except: [] }))

test('no bytes are malformed, and a report of validateUpload', async (t) => {
  const path = join(folder(t), 'empty.mp4')
  writeFileSync(path, '')
  for (const source of [path, new Uint8Array(0), new Blob([])]) {
    await allReject(t, source, 'malformed')
    const { verdict, findings } = await vf.validateUpload(source)
    assert.deepEqual([verdict, findings[0].code], ['reject', 'empty'])
  }
})

test('bytes that are no media are malformed', async (t) => {
  const noise = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255)
  await allReject(t, noise, 'malformed')
  assert.equal((await vf.validateUpload(noise)).verdict, 'reject')
})

test('lists of other files are refused', async (t) => {
  for (const name of ['playlist.m3u8', 'list.ffconcat']) {
    const codes = new Set()
    for (const [verb, call] of Object.entries(reading(folder(t)))) {
      if (verb === 'validateUpload') continue
      codes.add(await call(seed(name)).then(() => 'success', (error) => error.code))
    }
    assert.deepEqual([...codes].filter((code) => !['malformed', 'unsupported'].includes(code)), [], name)
    assert.equal((await vf.validateUpload(seed(name))).verdict, 'reject')
  }
})

test('a file cut short before its index is malformed', async (t) => {
  const dir = folder(t)
  const path = join(dir, 'index-behind.mp4')
  ffmpeg('-i', demo, '-t', '4', '-c', 'copy', '-movflags', '0', path)
  const whole = readFileSync(path)
  const cut = whole.subarray(0, Math.floor(whole.length * 0.6))
  await allReject(t, cut, 'malformed')
  const { verdict, findings } = await vf.validateUpload(cut)
  assert.equal(verdict, 'reject')
  assert.ok(findings.some((f) => ['truncated', 'no_moov', 'malformed'].includes(f.class)), JSON.stringify(findings))
})

test('every prefix of a file gives a result or an error of ours', async () => {
  const whole = readFileSync(seed('h264-aac.mp4'))
  for (let length = 0; length < whole.length; length += 97) {
    const prefix = whole.subarray(0, length)
    for (const verb of [vf.probe, vf.validateUpload, vf.detectScenes]) {
      await verb(prefix).catch((error) => assert.ok(error instanceof vf.ViralforgeError, error))
    }
  }
})

test('a track that is missing is named', async (t) => {
  const silent = join(folder(t), 'silent.mp4')
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=128x96:d=1', silent)
  await allReject(t, silent, 'missing_track', { verbs: SOUND, more: (e) => assert.equal(e.track, 'audio') })
  await allReject(t, seed('tone.wav'), 'missing_track', { verbs: PICTURE, more: (e) => assert.equal(e.track, 'video') })
  const sound = await vf.analyze(seed('tone.wav'))
  await assert.rejects(vf.planReframe(sound), { code: 'missing_track', track: 'video' })
})

test('a limit that is exceeded is named, with both values', async (t) => {
  const options = { limits: { maxInputBytes: 1000 } }
  const more = (error) => {
    assert.deepEqual([error.limit, error.allowed], ['maxInputBytes', '1000'])
    assert.match(error.message, /maxInputBytes \d+ is over the limit of 1000/)
  }
  await allReject(t, seed('h264-aac.mp4'), 'limit_exceeded', { options, more })
  await allReject(t, readFileSync(seed('h264-aac.mp4')), 'limit_exceeded', { options, more })
  const streams = { limits: { maxStreams: 1 } }
  await allReject(t, seed('h264-aac.mp4'), 'limit_exceeded', {
    // It looks at the structure only, and of the limits at the size.
    except: ['validateUpload', 'sanitizeUpload'],
    options: streams,
    more: (error) => assert.equal(error.limit, 'maxStreams'),
  })
  // Equal to the limit is within it.
  const exact = { limits: { maxInputBytes: readFileSync(seed('h264-aac.mp4')).length, maxStreams: 2 } }
  assert.equal((await vf.probe(seed('h264-aac.mp4'), exact)).streams.length, 2)
})

test('an output that cannot be written is io, and nothing is left', async (t) => {
  const dir = folder(t)
  const clip = seed('h264-aac.mp4')
  await assert.rejects(vf.transcode(clip, join(dir, 'no', 'such.mp4')), { code: 'io', name: 'ViralforgeError' })
  mkdirSync(join(dir, 'taken.mp4'))
  await assert.rejects(vf.transcode(clip, join(dir, 'taken.mp4')), { code: 'io' })
  assert.deepEqual(readdirSync(dir), ['taken.mp4'])
  writeFileSync(join(dir, 'own.mp4'), readFileSync(clip))
  await assert.rejects(vf.transcode(join(dir, 'own.mp4'), join(dir, 'own.mp4')), { code: 'invalid_option', option: 'output' })
  assert.deepEqual(readFileSync(join(dir, 'own.mp4')), readFileSync(clip))
})
