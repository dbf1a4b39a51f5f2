// Every option of scene detection arrives, scenes are told while they are found, and figures are typed arrays.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'

import * as vf from 'viralforge'

import { demo, folder } from './media.js'

const range = { startSeconds: 10, endSeconds: 20 }
const frames = ({ boundaries }) => boundaries.map(({ startFrame }) => startFrame)
const column = ({ statistics }, wanted) => statistics.columns.find(({ name }) => name === wanted)

let measured
before(async () => {
  measured = await vf.detectScenes(demo, { range, statistics: true })
})

test('a name means the defaults of its method, and parameters arrive', async () => {
  for (const name of ['standard', 'content', 'adaptive', 'histogram', 'hash', 'fade_threshold']) {
    assert.deepEqual(await vf.detectScenes(demo, { range, method: { name } }), await vf.detectScenes(demo, { range, method: name }))
  }
  const pairs = [
    [{ name: 'content', threshold: 254 }, { name: 'content', threshold: 1, lumaOnly: true }],
    [{ name: 'adaptive', adaptiveThreshold: 254 }, { name: 'adaptive', adaptiveThreshold: 1.1, minContentVal: 0.5 }],
    [{ name: 'histogram', threshold: 1 }, { name: 'histogram', threshold: 0.001, bins: 64 }],
    [{ name: 'hash', threshold: 1 }, { name: 'hash', threshold: 0.05, size: 8, lowpass: 3 }],
  ]
  for (const [strict, loose] of pairs) {
    const [few, many] = [await vf.detectScenes(demo, { range, method: strict }), await vf.detectScenes(demo, { range, method: loose })]
    assert.ok(few.boundaries.length < 4 && many.boundaries.length > 4, loose.name)
  }
  const weights = { deltaHue: 0, deltaSat: 0, deltaLum: 0, deltaEdges: 1 }
  const edges = await vf.detectScenes(demo, { range, method: { name: 'content', weights }, statistics: true })
  const [score, share] = ['content_val', 'delta_edges'].map((name) => column(edges, name).values)
  assert.ok(score.every((value, i) => Math.abs(value - share[i]) < 1e-4))
})

test('kinds, range, steps and shortest scenes choose what is found', async () => {
  const fades = await vf.detectScenes(demo, { kinds: ['fade'] })
  assert.ok(fades.boundaries.length > 0 && fades.boundaries.every(({ kind }) => kind === 'fade'))
  assert.equal(measured.scenes[0].startSeconds, 10)
  assert.equal(measured.scenes.at(-1).endSeconds, 20)
  const stepped = await vf.detectScenes(demo, { range, frameStep: 4, statistics: true })
  assert.equal(stepped.statistics.frames.length, 60)
  const long = await vf.detectScenes(demo, { range, minSceneDurationSeconds: 3 })
  assert.ok(long.boundaries.length < measured.boundaries.length)
})

test('segments do not change the report, and the mode hardly does', async () => {
  for (const segments of [1, 2, 5]) assert.deepEqual(await vf.detectScenes(demo, { range, segments, statistics: true }), measured)
  const { boundaries } = await vf.detectScenes(demo, { range, mode: 'accurate' })
  const kinds = (all) => all.map(({ kind }) => kind)
  assert.deepEqual(kinds(boundaries), kinds(measured.boundaries))
  const fast = await vf.detectScenes(demo, { range, mode: 'fast', statistics: true })
  assert.ok(fast.statistics.frames.length <= measured.statistics.frames.length)
})

test('a value out of range is invalid_option, and a wrong type a TypeError', async () => {
  const wrong = [
    [{ method: 'contents' }, /contents/],
    [{ method: { name: 'content', threshold: 256 } }, /method\.threshold/],
    [{ method: { name: 'hash', size: 65 } }, /method\.size/],
    [{ method: {} }, /method/],
    [{ kinds: [] }, /kinds/],
    [{ kinds: ['jump'] }, /kinds/],
    [{ frameStep: 0 }, /frameStep/],
    [{ mode: 'slow' }, /mode/],
    [{ segments: 17 }, /segments/],
  ]
  for (const [options, message] of wrong) {
    const expected = { code: 'invalid_option', message }
    await assert.rejects(vf.detectScenes(demo, options), expected, JSON.stringify(options))
    await assert.rejects(vf.analyze(demo, { scenes: options }), expected, JSON.stringify(options))
  }
  const types = [
    [{ method: 27 }, /method must be/],
    [{ method: { name: 'content', threshold: '27' } }, /method\.threshold must be a number/],
    [{ method: { name: 'hash', size: {} } }, /method\.size must be a number/],
    [{ method: { name: 'content', treshold: 1 } }, /method\.treshold is not an option/],
    [{ kinds: 'cut' }, /kinds must be an array/],
    [{ statistics: 1 }, /statistics must be a boolean/],
    [{ onScene: 1 }, /onScene must be a function/],
  ]
  for (const [options, message] of types) await assert.rejects(vf.detectScenes(demo, options), { name: 'TypeError', message })
  await assert.rejects(vf.analyze(demo, { scenes: { onScene() {} } }), { name: 'TypeError', message: /onScene/ })
})

test('scenes are told in order, long before the end', async () => {
  const [told, early] = [[], []]
  let fraction = 0
  const report = await vf.detectScenes(demo, {
    segments: 1,
    mode: 'accurate',
    onProgress: (progress) => (fraction = progress.fraction),
    onScene: (...scene) => void (told.push(scene), early.push(fraction)),
  })
  assert.deepEqual(told.map(([scene]) => scene), report.scenes)
  assert.deepEqual(told.map(([, ends]) => ends), [...report.boundaries, null])
  assert.ok(early[0] < 0.9, `the first is told at ${early[0]}`)
})

test('what onScene throws stops the call and comes out', async () => {
  const thrown = new Error('enough')
  let calls = 0
  const onScene = () => {
    calls++
    throw thrown
  }
  await assert.rejects(vf.detectScenes(demo, { range, onScene }), (error) => error === thrown)
  assert.equal(calls, 1)
})

test('statistics are typed arrays that survive JSON', async (t) => {
  assert.equal((await vf.detectScenes(demo, { range: { startSeconds: 0, endSeconds: 1 } })).statistics, null)
  const { statistics } = measured
  assert.deepEqual([...statistics.frames], Array.from({ length: 240 }, (_, i) => i))
  assert.ok(statistics.timesSeconds instanceof Float64Array && statistics.timesSeconds[24] === 11)
  assert.ok(statistics.columns.length > 1)
  for (const { values } of statistics.columns) assert.ok(values instanceof Float32Array && values.length === 240)
  const scenes = { range, statistics: true }
  const analysis = await vf.analyze(demo, { scenes, waveform: false, loudness: false, silence: false, quality: false, subject: false })
  assert.deepEqual(analysis.scenes, measured)
  const again = JSON.parse(JSON.stringify(measured))
  const dir = folder(t)
  const [direct, stored] = [join(dir, 'direct.csv'), join(dir, 'stored.csv')]
  await vf.writeSceneStatistics(statistics, direct)
  await vf.writeSceneStatistics(again.statistics, stored)
  assert.equal(readFileSync(direct, 'utf8'), readFileSync(stored, 'utf8'))
  assert.equal(readFileSync(direct, 'utf8').trim().split('\n').length, 241)
  await vf.writeScenes(measured, join(dir, 'direct.json'))
  await vf.writeScenes(again, join(dir, 'stored.json'))
  assert.equal(readFileSync(join(dir, 'direct.json'), 'utf8'), readFileSync(join(dir, 'stored.json'), 'utf8'))
})

test('a threshold stands where the method draws the line', async () => {
  const report = await vf.detectScenes(demo, { range, method: { name: 'content', threshold: 40 }, statistics: true })
  const { threshold, values } = column(report, 'content_val')
  assert.equal(threshold, 40)
  assert.deepEqual([...values.keys()].filter((i) => values[i] >= 40), frames(report))
})

test('wrong statistics are a TypeError', async (t) => {
  const path = join(folder(t), 's.csv')
  const { statistics } = measured
  for (const wrong of [5, [], {}, { ...statistics, frames: 1 }, { ...statistics, columns: [{ name: 'a', threshold: null }] }, { ...statistics, columns: [null] }]) {
    await assert.rejects(vf.writeSceneStatistics(wrong, path), { name: 'TypeError', message: /statistics/ }, JSON.stringify(wrong))
  }
})
