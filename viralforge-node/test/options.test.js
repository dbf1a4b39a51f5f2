// Wrong arguments are a TypeError that names them; a value that does not work is `invalid_option`. Both are rejections.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'

import * as vf from 'viralforge'

import { planning, reading, scenes } from './calls.js'
import { folder, seed } from './media.js'

const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
const clip = seed('h264-aac.mp4')
const analysis = await vf.analyze(clip)
const waveform = await vf.analyzeWaveform(clip)

/** Every verb as a function of its options alone, which never throws but rejects. */
function verbs(t) {
  const dir = folder(t)
  const all = { ...planning(dir, analysis, waveform) }
  for (const [name, call] of Object.entries(reading(dir))) all[name] = (options) => call(clip, options)
  return { all, dir }
}

/** Every option of every verb, from core's own description; an upload's are the fields of its policy. */
function* everyOption() {
  for (const verb of vf.schema().verbs) {
    for (const [name, schema] of Object.entries(verb.options.properties ?? {})) {
      const wrap = verb.name === 'validate_upload' ? (options) => ({ policy: options }) : (options) => options
      yield { verb: camelCase(verb.name), option: camelCase(name), schema, wrap }
    }
  }
}

test('an option that there is not is named, for every verb', async (t) => {
  for (const [verb, call] of Object.entries(verbs(t).all)) {
    await assert.rejects(call({ colour: 1 }), { name: 'TypeError', message: 'colour is not an option' }, verb)
    await assert.rejects(call({ limits: { maxByte: 1 } }), { name: 'TypeError', message: /limits\.maxByte/ }, verb)
  }
  await assert.rejects(vf.validateUpload(clip, { policy: { maxByte: 1 } }), { name: 'TypeError', message: /policy\.maxByte/ })
  await assert.rejects(vf.analyze(clip, { scenes: { treshold: 1 } }), { name: 'TypeError', message: /scenes\.treshold/ })
})

test('a wrong type is named, for every option of every verb', async (t) => {
  const { all } = verbs(t)
  let count = 0
  for (const { verb, option, wrap } of everyOption()) {
    for (const wrong of [() => {}, 10n]) {
      const expected = { name: 'TypeError', message: new RegExp(`${option} must be `) }
      await assert.rejects(all[verb](wrap({ [option]: wrong })), expected, `${verb} ${option}`)
      count++
    }
  }
  assert.ok(count > 100)
})

test('what is for the call itself is checked, for every verb', async (t) => {
  for (const [verb, call] of Object.entries(verbs(t).all)) {
    for (const wrong of [{ signal: {} }, { onProgress: 1 }, { limits: 1 }, { limits: { maxStreams: '3' } }, null, 'fast', []]) {
      await assert.rejects(call(wrong), { name: 'TypeError' }, `${verb} ${JSON.stringify(wrong)}`)
    }
  }
})

test('numbers that JSON does not know are refused', async () => {
  await assert.rejects(vf.detectScenes(clip, { threshold: NaN }), { name: 'TypeError', message: /threshold must be a finite number/ })
  await assert.rejects(vf.probe(clip, { limits: { maxDurationSeconds: Infinity } }), { name: 'TypeError' })
})

test('a value out of range is invalid_option, and nothing is written', async (t) => {
  const { all, dir } = verbs(t)
  const wrong = [
    ['validateUpload', { policy: { maxDamagedShare: 2 } }, 'maxDamagedShare'],
    ['validateUpload', { policy: 'text' }, 'policy'],
    ['sanitizeUpload', { policy: { maxDamagedShare: 2 } }, 'maxDamagedShare'],
    ['analyze', { silence: { thresholdDbfs: 3 } }, 'thresholdDbfs'],
    ['analyze', { scenes: false, waveform: false, loudness: false, silence: false, quality: false, subject: false }, 'options'],
    ['detectScenes', { threshold: 1.5 }, 'threshold'],
    ['detectScenes', { minSceneDurationSeconds: -1 }, 'minSceneDurationSeconds'],
    ['analyzeWaveform', { samplesPerPixel: 1 }, 'samplesPerPixel'],
    ['analyzeWaveform', { samplesPerPixel: 2.5 }, 'samplesPerPixel'],
    ['writeWaveform', { width: 0 }, 'width'],
    ['writeWaveform', { format: 'gif' }, 'format'],
    ['detectSilence', { thresholdDbfs: 1 }, 'thresholdDbfs'],
    ['planReframe', { aspect: 'tall' }, 'aspect'],
    ['planReframe', { stillTolerance: 0.6 }, 'stillTolerance'],
    ['suggestClips', { count: 0 }, 'count'],
    ['extractThumbnails', { jpegQuality: 101 }, 'jpegQuality'],
    ['extractFrames', { times: [] }, 'times'],
    ['extractFrames', { times: [{ num: 1, den: 0 }] }, 'times[0]'],
    ['makeStoryboard', { columns: 21 }, 'columns'],
    ['planRender', { preset: 'myspace' }, 'preset'],
    ['planRender', { crf: 52 }, 'crf'],
    ['transcode', { size: { width: 15, height: 16 } }, 'size'],
    ['transcode', { range: { startSeconds: 2, endSeconds: 1 } }, 'range'],
    ['probe', { limits: { maxStreams: -1 } }, 'maxStreams'],
  ]
  for (const [verb, options, option] of wrong) {
    const error = await all[verb](options).then(() => assert.fail(`${verb} ${JSON.stringify(options)}`), (error) => error)
    assert.ok(error instanceof vf.ViralforgeError, `${verb} ${option}: ${error}`)
    assert.deepEqual([error.code, error.option], ['invalid_option', option], error.message)
    assert.ok(error.message.startsWith(option) && !error.message.includes('\n'), error.message)
  }
  await assert.rejects(vf.render(clip, 'x.mp4', { crf: 99 }), { code: 'invalid_option', option: 'crf' })
  assert.deepEqual(readdirSync(dir), [])
})

test('wrong sources, outputs and objects are a TypeError, as a rejection', async (t) => {
  const dir = folder(t)
  for (const [verb, call] of Object.entries(reading(dir))) {
    for (const wrong of [undefined, null, 5, {}, [1, 2], new URL('https://example.com/a.mp4'), new Int16Array(2)]) {
      await assert.rejects(call(wrong), { name: 'TypeError', message: /source/ }, `${verb} ${wrong}`)
    }
  }
  for (const wrong of [undefined, 5, {}, new URL('https://example.com/a.mp4')]) {
    await assert.rejects(vf.transcode(clip, wrong), { name: 'TypeError', message: /output/ })
    await assert.rejects(vf.writeWaveform(waveform, wrong), { name: 'TypeError', message: /output/ })
  }
  await assert.rejects(vf.render(clip, 'x.mp4', undefined), { name: 'TypeError', message: /plan/ })
  await assert.rejects(vf.planReframe({}), { name: 'TypeError', message: /analysis/ })
  for (const wrong of [undefined, null, 5, []]) {
    await assert.rejects(vf.writeScenes(wrong, 'x.edl'), { name: 'TypeError', message: /scenes/ })
    await assert.rejects(vf.makeSceneSheet(clip, wrong), { name: 'TypeError', message: /scenes/ })
  }
  await assert.rejects(vf.splitScenes(clip, scenes, 5), { name: 'TypeError', message: /folder/ })
  await assert.rejects(vf.suggestClips(undefined), { name: 'TypeError', message: /analysis/ })
  await assert.rejects(vf.extractThumbnails(clip, { analysis: {} }), { name: 'TypeError', message: /analysis/ })
  await assert.rejects(vf.writeWaveform({}, 'x.svg'), { name: 'TypeError', message: /waveform/ })
  await assert.rejects(vf.extractFrames(clip), { name: 'TypeError', message: /times/ })
  await assert.rejects(vf.extractFrames(clip, {}), { name: 'TypeError', message: /times/ })
})

test('the functions that answer at once throw', () => {
  assert.throws(() => vf.parseTranscript(5), { name: 'TypeError' })
  assert.throws(() => vf.parseTranscript('no cue'), { name: 'ViralforgeError', code: 'malformed' })
  assert.throws(() => vf.cropAt({}, 1), { code: 'invalid_option', option: 'plan' })
  assert.throws(() => vf.cropAt({}, 'x'), { name: 'TypeError' })
  assert.throws(() => vf.toWebVtt({}, 'a'), { code: 'invalid_option', option: 'storyboard' })
  assert.throws(() => vf.clipFileName({}, 'mp4'), { code: 'invalid_option', option: 'clip' })
  assert.throws(() => vf.concurrency(0), { name: 'TypeError' })
  assert.throws(() => vf.Analysis.fromJSON('{}'), { code: 'invalid_option', option: 'analysis' })
  assert.throws(() => vf.Analysis.fromJSON('{'), { code: 'invalid_option', option: 'analysis' })
  assert.throws(() => new vf.Analysis({}), { name: 'TypeError' })
  const parts = { sampleRateHz: 8000, samplesPerPixel: 8, channels: 2, data: new Int16Array(6) }
  assert.throws(() => new vf.Waveform(parts), { code: 'invalid_option', option: 'data' })
  assert.throws(() => new vf.Waveform({ ...parts, data: [1] }), { name: 'TypeError' })
})
