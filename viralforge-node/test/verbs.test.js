// Each verb does its work on real media.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'

import * as vf from 'viralforge'

import { demo, folder, seed } from './media.js'

let analysis
before(async () => {
  analysis = await vf.analyze(demo)
})

test('probe tells what is in the file', async () => {
  const media = await vf.probe(demo)
  assert.equal(media.container, 'mp4')
  assert.equal(media.byteLen, statSync(demo).size)
  assert.deepEqual(media.streams.map((s) => s.kind), ['video', 'audio'])
  const [video] = media.streams
  assert.deepEqual([video.width, video.height, video.codec], [1280, 720, 'h264'])
  assert.deepEqual(video.displaySize, { width: 1280, height: 720 })
  assert.deepEqual(video.frameRate, { num: 24, den: 1 })
  assert.equal(video.sampleAspectRatio, '1:1')
  assert.equal(media.duration.num / media.duration.den, media.durationSeconds)
})

test('validateUpload accepts what is sound, and reports what is not', async () => {
  const good = await vf.validateUpload(demo, { fileName: 'my clip.mp4', declaredMime: 'video/mp4' })
  assert.notEqual(good.verdict, 'reject')
  assert.equal(good.mime, 'video/mp4')
  assert.equal(good.media.container, 'mp4')
  const bad = await vf.validateUpload(seed('playlist.m3u8'))
  assert.equal(bad.verdict, 'reject')
  assert.equal(bad.findings[0].severity, 'error')
  const named = await vf.validateUpload(demo, { fileName: 'clip.exe' })
  assert.equal(named.verdict, 'reject')
})

test('validateUpload takes a slot, or what differs from it', async () => {
  const tone = seed('tone.mp3')
  assert.equal((await vf.validateUpload(tone, { policy: 'audio' })).verdict, 'accept')
  assert.equal((await vf.validateUpload(tone, { policy: 'video' })).verdict, 'reject')
  const small = await vf.validateUpload(tone, { policy: { slot: 'audio', maxBytes: 10 } })
  assert.equal(small.findings[0].class, 'resource_limit')
  const shallow = await vf.validateUpload(demo, { policy: { depth: 'signature' } })
  assert.equal(shallow.media, null)
})

test('detectScenes finds the shots, which abut', async () => {
  const { scenes, boundaries, frameRate } = await vf.detectScenes(demo)
  assert.ok(scenes.length > 5 && boundaries.length > 0)
  assert.deepEqual(frameRate, { num: 24, den: 1 })
  for (const [i, scene] of scenes.entries()) {
    assert.deepEqual(scene.range, {
      start: scene.start,
      end: scene.end,
      startSeconds: scene.startSeconds,
      endSeconds: scene.endSeconds,
    })
    if (i > 0) assert.equal(scene.startSeconds, scenes[i - 1].endSeconds)
  }
  const few = await vf.detectScenes(demo, { threshold: 0.99, kinds: ['cut'] })
  assert.ok(few.scenes.length < scenes.length)
})

test('analyzeWaveform gives minima and maxima of every bucket', async () => {
  const waveform = await vf.analyzeWaveform(seed('tone.wav'), { samplesPerPixel: 64 })
  assert.ok(waveform instanceof vf.Waveform && waveform.data instanceof Int16Array)
  assert.equal(waveform.data.length, waveform.length * 2 * waveform.channels)
  assert.equal(waveform.min.length, waveform.length)
  for (let i = 0; i < waveform.length; i++) {
    assert.equal(waveform.min[i], waveform.data[2 * i] / 32768)
    assert.equal(waveform.max[i], waveform.data[2 * i + 1] / 32768)
  }
  assert.deepEqual(vf.Waveform.fromJSON(JSON.stringify(waveform)).max, waveform.max)
})

test('writeWaveform writes data and pictures', async (t) => {
  const dir = folder(t)
  const { waveform } = analysis
  const bytes = await vf.writeWaveform(waveform, join(dir, 'w.png'), { width: 320, height: 40, color: [1, 2, 3] })
  const png = readFileSync(join(dir, 'w.png'))
  assert.equal(png.length, bytes)
  assert.equal(png.readUInt32BE(16), 320)
  await vf.writeWaveform(waveform, join(dir, 'w.dat'), { bits: 8 })
  assert.equal(statSync(join(dir, 'w.dat')).size, 20 + waveform.length * 2)
})

test('measureLoudness and detectSilence measure the sound', async () => {
  const loudness = await vf.measureLoudness(demo, { truePeak: false })
  assert.ok(Math.abs(loudness.integratedLufs - analysis.loudness.integratedLufs) < 1e-9)
  assert.equal(loudness.truePeakDbtp, null)
  const { silences } = await vf.detectSilence(demo, { thresholdDbfs: -30, minDurationSeconds: 0.2 })
  assert.ok(silences.length > 0)
  assert.ok(silences.every((s) => s.range.endSeconds - s.range.startSeconds >= 0.2))
})

test('an analysis holds every part, and comes back from JSON the same', () => {
  const frames = analysis.quality.timeSeconds.length
  assert.ok(frames > 1200)
  for (const figure of Object.values(analysis.quality)) assert.equal(figure.length, frames)
  for (const figure of Object.values(analysis.subject)) assert.equal(figure.length, frames)
  assert.ok(analysis.quality.timeSeconds instanceof Float64Array && analysis.quality.motion instanceof Float32Array)
  assert.equal(analysis.media, analysis.media, 'made once')
  const again = vf.Analysis.fromJSON(JSON.stringify(analysis))
  assert.deepEqual(again.toJSON(), analysis.toJSON())
  assert.deepEqual(again.subject, analysis.subject)
  assert.deepEqual(vf.Analysis.fromJSON(analysis.toJSON()).waveform, analysis.waveform)
})

test('analyze leaves out what nobody asked for', async () => {
  const some = await vf.analyze(demo, { waveform: false, loudness: false, silence: { minDurationSeconds: 0.5 }, quality: false, subject: false })
  assert.deepEqual([some.waveform, some.loudness, some.quality, some.subject], [null, null, null, null])
  assert.ok(some.scenes.scenes.length > 0 && some.silence.silences)
  assert.equal(some.undecodablePackets, 0)
})

test('sanitizeUpload keeps the media and tells what it removed', async (t) => {
  const dir = folder(t)
  const report = await vf.sanitizeUpload(demo, join(dir, 'clean.mp4'), { policy: vf.uploadPolicy('video') })
  assert.deepEqual([report.mime, report.bytesIn], ['video/mp4', readFileSync(demo).length])
  assert.equal(report.bytesOut, readFileSync(join(dir, 'clean.mp4')).length)
  assert.ok(report.removed.some(({ what, count, bytes }) => what === 'tags' && count > 0 && bytes > 0))
  const again = await vf.sanitizeUpload(join(dir, 'clean.mp4'), join(dir, 'again.mp4'), { keepChapters: false })
  assert.deepEqual(again.removed, [])
  assert.deepEqual(readFileSync(join(dir, 'again.mp4')), readFileSync(join(dir, 'clean.mp4')))
  const small = vf.sanitizeUpload(demo, join(dir, 'no.mp4'), { policy: { maxBytes: 10 } })
  await assert.rejects(small, { code: 'malformed', message: /too large/ })
  await assert.rejects(vf.sanitizeUpload(seed('mpeg4.avi'), join(dir, 'no.avi')), { code: 'unsupported' })
})

test('plans are plain data that comes back through JSON', async (t) => {
  const clips = await vf.suggestClips(analysis, { count: 2, minDurationSeconds: 5, maxDurationSeconds: 8 })
  assert.equal(clips.length, 2)
  assert.ok(clips[0].score >= clips[1].score && clips[0].reasons[0].text)
  assert.match(vf.clipFileName(clips[0], 'mp4'), /^clip-\d+m\d\ds-\d+m\d\ds\.mp4$/)
  const crop = JSON.parse(JSON.stringify(await vf.planReframe(analysis, { aspect: [1, 1] })))
  assert.equal(crop.aspect, '1:1')
  const at = vf.cropAt(crop, { num: 3, den: 1 })
  assert.deepEqual(at, vf.cropAt(crop, 3))
  assert.ok(Math.abs(at.width - 720) < 1e-9 && at.x >= 0 && at.x + at.width <= 1280)
  const options = { range: clips[0].range, reframe: crop, height: 128, speed: 'ultrafast' }
  const plan = JSON.parse(JSON.stringify(await vf.planRender(options)))
  assert.deepEqual(plan.range, clips[0].range)
  const dir = folder(t)
  const rendered = await vf.render(demo, join(dir, 'a.mp4'), plan)
  const transcoded = await vf.transcode(demo, join(dir, 'b.mp4'), { ...options, range: clips[0] })
  assert.deepEqual({ ...rendered, output: '' }, { ...transcoded, output: '' })
  assert.deepEqual([rendered.width, rendered.height], [128, 128])
  assert.deepEqual(readFileSync(join(dir, 'a.mp4')), readFileSync(join(dir, 'b.mp4')))
  const media = await vf.probe(join(dir, 'a.mp4'))
  assert.ok(Math.abs(media.durationSeconds - (clips[0].endSeconds - clips[0].startSeconds)) < 0.1)
})

test('a preset decides what no option does', async () => {
  const plan = await vf.planRender({ preset: 'tiktok', crf: 30 })
  assert.deepEqual([plan.aspect, plan.crf, plan.constantFrameRate], ['9:16', 30, true])
  assert.deepEqual(plan.size, { width: 1080, height: 1920 })
})

test('extractThumbnails chooses pictures, with or without an analysis', async () => {
  const { thumbnails } = await vf.extractThumbnails(demo, { count: 2, maxSide: 320 })
  assert.equal(thumbnails.length, 2)
  for (const { jpeg, width, height } of thumbnails) {
    assert.deepEqual([jpeg[0], jpeg[1], width, height], [0xff, 0xd8, 320, 180])
  }
  const again = await vf.extractThumbnails(demo, { count: 2, maxSide: 320, analysis })
  assert.deepEqual(again.thumbnails, thumbnails)
})

test('extractFrames gives pixels in the order of the moments', async () => {
  const times = Float64Array.of(10, 2)
  const frames = await vf.extractFrames(demo, { times, maxSide: 64 })
  assert.deepEqual(frames.map((f) => f.timeSeconds), [10, 2])
  for (const { data, width, height } of frames) assert.equal(data.length, width * height * 3)
  assert.notDeepEqual(frames[0].data, frames[1].data)
})

test('makeStoryboard makes a sheet, and its text track', async () => {
  const board = await vf.makeStoryboard(demo, { count: 4, columns: 2, tile: { width: 64, height: 64 } })
  assert.deepEqual([board.width, board.height, board.tiles.length], [128, 72, 4])
  assert.equal(board.jpeg[0], 0xff)
  const vtt = vf.toWebVtt(board, 'sheet.jpg')
  assert.ok(vtt.startsWith('WEBVTT') && vtt.includes('sheet.jpg#xywh=64,36,64,36'))
})

test('a transcript is read, and shapes suggestions', async () => {
  const transcript = vf.parseTranscript('WEBVTT\n\n00:20.000 --> 00:33.000\n<i>Hello</i> there\n')
  assert.deepEqual([transcript.cues[0].text, transcript.cues[0].startSeconds], ['Hello there', 20])
  const [clip] = await vf.suggestClips(analysis, { count: 1, transcript })
  assert.ok(clip.reasons.some((reason) => reason.signal === 'words' || reason.signal === 'speech'))
})

test('the default policy of each slot can be looked at', () => {
  assert.equal(vf.uploadPolicy().maxBytes, 100_000_000)
  assert.equal(vf.uploadPolicy('image').maxBytes, 10_000_000)
  assert.throws(() => vf.uploadPolicy('text'), { name: 'ViralforgeError', code: 'invalid_option', option: 'policy' })
})
