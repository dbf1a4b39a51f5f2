// Progress, cancellation, and what callbacks throw.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import * as vf from 'viralforge'

import { planning, reading } from './calls.js'
import { demo, folder, longSound, ownTemporaryFolder, seed } from './media.js'

/** How often a call may be done before it can be stopped. */
const TRIES = 20
/** Verbs that may be done before anybody can stop them. */
const QUICK = ['probe', 'validateUpload', 'sanitizeUpload', 'makeStoryboard', 'makeSceneSheet', 'extractFrames']
const temporary = ownTemporaryFolder()
const clip = seed('h264-aac.mp4')
const analysis = await vf.analyze(clip)
const waveform = await vf.analyzeWaveform(clip)

test('progress never falls, ends with 1, and learns how long it will take', async (t) => {
  const dir = folder(t)
  for (const [verb, call] of Object.entries(reading(dir))) {
    const seen = []
    const own = { extractFrames: { times: [5, 40] }, transcode: { height: 128, speed: 'ultrafast' } }[verb]
    await call(verb === 'render' ? clip : demo, { ...own, onProgress: (progress) => seen.push(progress) })
    assert.ok(seen.length >= 2, verb)
    assert.equal(seen.at(-1).fraction, 1, verb)
    assert.equal(seen.filter(({ fraction }) => fraction === 1).length, 1, verb)
    for (const [i, { fraction, elapsedSeconds, stage }] of seen.entries()) {
      assert.ok(vf.schema().stages.includes(stage), stage)
      if (i > 0) assert.ok(fraction >= seen[i - 1].fraction && elapsedSeconds >= seen[i - 1].elapsedSeconds, verb)
    }
    assert.equal(seen[0].etaSeconds, null, verb)
    assert.equal(seen.at(-1).etaSeconds, 0, verb)
    if (verb === 'analyze') assert.ok(seen.slice(1, -1).some(({ etaSeconds }) => etaSeconds > 0), verb)
  }
})

test('what onProgress throws stops the call and comes out unchanged', async (t) => {
  const [dir, elsewhere] = [folder(t), folder(t)]
  const verbs = reading(dir)
  const quick = reading(elsewhere)
  for (const verb of Object.keys(verbs)) {
    const call = QUICK.includes(verb) ? quick[verb] : verbs[verb]
    const reason = new RangeError(verb)
    let calls = 0
    const onProgress = () => {
      calls++
      throw reason
    }
    const options = verb === 'extractFrames' ? { times: [5, 40], onProgress } : { onProgress }
    await assert.rejects(call(demo, options), (error) => error === reason)
    assert.equal(calls, 1, verb)
  }
  const nothing = vf.probe(clip, { onProgress: () => { throw undefined } })
  await assert.rejects(nothing, (error) => error === undefined)
  assert.deepEqual(readdirSync(dir), [])
})

test('a signal that fired before is noticed, by every verb', async (t) => {
  const dir = folder(t)
  const reason = { my: 'own' }
  const signal = AbortSignal.abort(reason)
  for (const [verb, call] of Object.entries(reading(dir))) {
    const options = verb === 'extractFrames' ? { times: [0], signal } : { signal }
    await assert.rejects(call(clip, options), (error) => error === reason, verb)
  }
  for (const [verb, call] of Object.entries(planning(dir, analysis, waveform))) {
    await assert.rejects(call({ signal }), (error) => error === reason, verb)
  }
  assert.deepEqual(readdirSync(dir), [])
})

/**
 * Aborts `verb` once it tells that it goes on, and gives how it ended, how far it was, and what it left. Where other
 * programs have the processors, a call may be done before anybody hears of it; then it is called anew.
 */
async function aborted(t, verb, source, reason) {
  for (let tries = 1; ; tries++) {
    const dir = folder(t)
    const controller = new AbortController()
    let reached = 0
    const onProgress = ({ fraction }) => {
      reached = fraction
      if (fraction > 0 && fraction < 1) controller.abort(reason)
    }
    const ended = await reading(dir)[verb](source, { signal: controller.signal, onProgress }).catch((error) => error)
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
    if (ended === reason || tries === TRIES) return { ended, reached, left: readdirSync(dir) }
  }
}

test('a signal stops every long verb before its end, with its own reason, and nothing is left', async (t) => {
  const sound = longSound(t)
  const sources = { analyzeWaveform: sound, measureLoudness: sound, detectSilence: sound }
  for (const verb of Object.keys(reading('')).filter((name) => !QUICK.includes(name))) {
    const reason = new Error(verb)
    const { ended, reached, left } = await aborted(t, verb, sources[verb] ?? demo, reason)
    assert.equal(ended, reason, verb)
    assert.ok(reached < 1, verb)
    t.diagnostic(`${verb}: stopped at ${(100 * reached).toFixed(1)} %`)
    assert.deepEqual([left, temporary()], [[], []], verb)
  }
})

test('a timeout is a reason as any other', async () => {
  await assert.rejects(vf.analyze(demo, { signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' })
})

test('a signal stops the gathering of a stream that gives nothing', async () => {
  const silent = new Readable({ read() {} })
  const controller = new AbortController()
  const reason = new Error('too slow')
  const running = vf.probe(silent, { signal: controller.signal })
  controller.abort(reason)
  await assert.rejects(running, (error) => error === reason)
  assert.ok(silent.destroyed)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
})

test('a signal keeps its onabort, and no listeners of calls that are done', async () => {
  const controller = new AbortController()
  const onabort = () => {}
  controller.signal.onabort = onabort
  const { signal } = controller
  const listeners = () => getEventListeners(signal, 'abort').length
  const before = listeners()
  await vf.probe(clip, { signal })
  await vf.probe(Readable.from([new Uint8Array(10)]), { signal }).catch(() => {})
  await vf.probe('/no/such', { signal }).catch(() => {})
  assert.deepEqual([signal.onabort, listeners()], [onabort, before])
})
