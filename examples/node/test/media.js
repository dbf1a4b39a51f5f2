// What the examples work on: committed media, and folders that go away.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const examples = fileURLToPath(new URL('..', import.meta.url))
export const demo = fileURLToPath(new URL('../../demo/sintel-trailer-720p-52s.mp4', import.meta.url))
export const seed = (name) => fileURLToPath(new URL(`../../../fuzz/seeds/${name}`, import.meta.url))

export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'viralforge-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
