import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { probe } from 'viralforge'

import { demo, examples, folder } from './media.js'

test('clips.mjs makes tall clips and covers, in under 30 lines', async (t) => {
  const out = folder(t)
  execFileSync(process.execPath, ['clips.mjs', demo, out], { cwd: examples, stdio: ['ignore', 'pipe', 'ignore'] })
  const files = readdirSync(out).sort()
  const clips = files.filter((name) => name.endsWith('.mp4'))
  assert.ok(clips.length > 0)
  assert.deepEqual(files.filter((name) => name.endsWith('.jpg')), clips.map((name) => name.replace('mp4', 'jpg')))
  const { streams } = await probe(join(out, clips[0]))
  assert.deepEqual([streams[0].width, streams[0].height], [1080, 1920])
  assert.ok(readFileSync(join(examples, 'clips.mjs'), 'utf8').split('\n').length < 30)
})
