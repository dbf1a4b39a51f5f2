import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import * as vf from '../index.js'
import { seed } from './media.js'

test('an upload that is still coming is refused as soon as it is hopeless', () => {
  const inspector = new vf.UploadInspector({ policy: 'video', fileName: 'page.mp4' })
  assert.equal(inspector.push(Buffer.from('<!doctype html>'.repeat(500))), 'reject')
  assert.equal(inspector.report().findings[0].class, 'not_media')
  assert.equal(inspector.seenBytes, 7500)
})

test('a good upload is let pass in pieces, and its type is known', async () => {
  const bytes = await readFile(seed('h264-aac.mp4'))
  const inspector = new vf.UploadInspector({ fileName: 'clip.mp4' }, bytes.length)
  for (let at = 0; at < bytes.length; at += 1000) {
    assert.notEqual(inspector.push(bytes.subarray(at, at + 1000)), 'reject')
  }
  assert.equal(inspector.report().mime, 'video/mp4')
  assert.equal(inspector.report().decoded, null)
})

test('what is too long, or makes no sense, is told at once', () => {
  const { findings } = new vf.UploadInspector({ policy: { maxBytes: 10 } }, 11).report()
  assert.equal(findings[0].code, 'too_many_bytes')
  assert.throws(() => new vf.UploadInspector({ policy: { minSide: 9000 } }), { code: 'invalid_option' })
  assert.throws(() => new vf.UploadInspector({ colour: 'red' }), /colour is not an option/)
  assert.throws(() => new vf.UploadInspector({}, -1), TypeError)
  assert.throws(() => new vf.UploadInspector().push('text'), TypeError)
})
