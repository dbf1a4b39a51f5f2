// The declarations, and code that uses them as people do, pass `tsc --strict`; there is no `any`.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))

test('real usage passes tsc --strict', () => {
  const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: folder, encoding: 'utf8' })
  assert.equal(stdout, '')
  assert.equal(status, 0)
})

test('nothing is declared as any', () => {
  for (const name of readdirSync(`${folder}types`)) {
    const code = readFileSync(`${folder}types/${name}`, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '')
    assert.doesNotMatch(code, /\bany\b/, name)
  }
})
