// The tarballs, installed into an empty folder, do the main job with nothing of this machine but Node and libc.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { demo, folder } from './media.js'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))
const MOST_BYTES = 45e6

/** What `npm` prints, without audits and without the network. */
function npm(cwd, ...args) {
  return execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd, encoding: 'utf8' })
}

const MAIN_JOB = `
  import { readFileSync } from 'node:fs'
  import { analyze, planReframe, suggestClips, transcode } from 'viralforge'
  const [, , source, output] = process.argv
  const analysis = await analyze(source)
  const [clip] = await suggestClips(analysis, { count: 1 })
  const reframe = await planReframe(analysis)
  const { framesWritten } = await transcode(source, output, { range: clip, reframe, height: 256, speed: 'ultrafast' })
  const libraries = readFileSync('/proc/self/maps', 'utf8').match(/\\/\\S+\\.(so[.\\d]*|node)$/gm)
  console.log(JSON.stringify({ framesWritten, libraries: [...new Set(libraries)] }))
`

test('the tarballs are complete, and of a decent size', (t) => {
  npm(packageFolder, 'run', 'pack:all')
  const dist = join(packageFolder, 'dist')
  const tarballs = readdirSync(dist).filter((name) => name.endsWith('.tgz'))
  assert.equal(tarballs.length, 2)
  for (const name of tarballs) {
    const { size } = statSync(join(dist, name))
    t.diagnostic(`${name}: ${(size / 1e6).toFixed(1)} MB`)
    assert.ok(size <= MOST_BYTES, `${name}: ${size}`)
  }

  const empty = folder(t)
  writeFileSync(join(empty, 'package.json'), '{"private":true,"type":"module"}')
  npm(empty, 'install', ...tarballs.map((name) => join(dist, name)))
  writeFileSync(join(empty, 'main.js'), MAIN_JOB)
  const run = spawnSync('env', ['-i', process.execPath, 'main.js', demo, 'clip.mp4'], { cwd: empty, encoding: 'utf8' })
  assert.equal(run.stderr, '')
  const { framesWritten, libraries } = JSON.parse(run.stdout)
  assert.ok(framesWritten > 100 && statSync(join(empty, 'clip.mp4')).size > 10_000)
  const others = libraries.filter((path) => !path.startsWith(`${empty}/`))
  const system = /\/(ld-linux-x86-64|libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+)[-.\d]*\.so/
  // Node's own, such as Debian's libnode, are none of ours.
  const ofNode = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
  assert.deepEqual(others.filter((path) => !system.test(path) && !ofNode.includes(path)), [])
  assert.ok(libraries.some((path) => path.startsWith(`${empty}/`) && path.endsWith('.node')))
})

test('a folder of the repository installs as it is', (t) => {
  const empty = folder(t)
  writeFileSync(join(empty, 'package.json'), '{"private":true}')
  npm(empty, 'install', packageFolder)
  const code = `require('viralforge').probe(process.argv[1]).then((media) => console.log(media.container))`
  assert.equal(execFileSync(process.execPath, ['-e', code, demo], { cwd: empty, encoding: 'utf8' }).trim(), 'mp4')
})

test('where there is no addon, the error says what to do', (t) => {
  const bare = join(folder(t), 'node_modules', 'viralforge')
  mkdirSync(bare, { recursive: true })
  const { files } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  for (const name of [...files, 'package.json']) execFileSync('cp', ['-r', join(packageFolder, name), bare])
  const run = spawnSync(process.execPath, ['-e', "require('viralforge')"], { cwd: dirname(dirname(bare)), encoding: 'utf8' })
  assert.equal(run.status, 1)
  assert.match(run.stderr, /has no addon for linux-x64: install the package of this platform/)
})
