// What is made of scenes.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'

import * as vf from 'viralforge'

import { scenes, statistics } from './calls.js'
import { folder, seed } from './media.js'

const clip = seed('h264-aac.mp4')

test('scenes are written as what the extension says', async (t) => {
  const dir = folder(t)
  const begins = {
    json: '{',
    csv: 'Scene Number,Start Frame,',
    edl: 'TITLE: a & b\n',
    fcpxml: '<?xml',
    otio: '{',
    vtt: 'WEBVTT\n',
    ffmetadata: ';FFMETADATA1\n',
  }
  for (const [extension, begin] of Object.entries(begins)) {
    const path = join(dir, `scenes.${extension}`)
    assert.equal(await vf.writeScenes(scenes, path, { title: 'a & b' }), statSync(path).size)
    assert.ok(readFileSync(path, 'utf8').startsWith(begin), extension)
  }
  assert.ok(readFileSync(join(dir, 'scenes.fcpxml'), 'utf8').includes('name="a &amp; b"'))
})

test('frames are counted at the rate that is asked for', async (t) => {
  const path = join(folder(t), 'scenes.csv')
  await vf.writeScenes(scenes, path, { frameRate: { num: 30, den: 1 } })
  assert.equal(readFileSync(path, 'utf8').split('\n')[1].split(',')[4], '30')
})

test('statistics are a table and a plot', async (t) => {
  const dir = folder(t)
  await vf.writeSceneStatistics(statistics, join(dir, 's.csv'))
  assert.equal(readFileSync(join(dir, 's.csv'), 'utf8').split('\n')[2], '1,0.5,30.5')
  await vf.writeSceneStatistics(statistics, join(dir, 's.svg'), { width: 640 })
  assert.match(readFileSync(join(dir, 's.svg'), 'utf8'), /width="640"/)
})

test('a sheet shows three frames a scene', async () => {
  const sheet = await vf.makeSceneSheet(clip, scenes, { tile: { width: 64, height: 64 }, format: 'png' })
  assert.deepEqual([sheet.page, sheet.pages, sheet.format], [1, 1, 'png'])
  assert.deepEqual(sheet.tiles.map(({ part }) => part), ['first', 'middle', 'last'])
  assert.deepEqual([...sheet.image.subarray(1, 4)], [...Buffer.from('PNG')])
})

test('scenes become files of their own', async (t) => {
  const dir = folder(t)
  const options = { template: '{number}.mp4', only: [1], speed: 'ultrafast' }
  const [report] = await vf.splitScenes(clip, scenes, pathToFileURL(dir), options)
  assert.deepEqual(readdirSync(dir), ['1.mp4'])
  assert.equal(report.bytesWritten, statSync(join(dir, '1.mp4')).size)
  await assert.rejects(vf.splitScenes(clip, scenes, dir, { template: 'a/{number}' }), { option: 'template' })
})
