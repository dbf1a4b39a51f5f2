// Ways to load the package, and ways in which a process or a thread may end during a job.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import * as vf from 'viralforge'

import { demo, seed } from './media.js'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/** Runs a module in a process of its own. */
function run(code, ...flags) {
  return spawnSync(process.execPath, [...flags, '--input-type=module', '-e', code], {
    cwd: packageFolder,
    encoding: 'utf8',
    env: { ...process.env, CLIP: seed('h264-aac.mp4'), DEMO: demo },
  })
}

function succeeds({ status, signal, stdout, stderr }, expected = '') {
  assert.deepEqual({ status, signal, stdout: stdout.trim(), stderr }, { status: 0, signal: null, stdout: expected, stderr: '' })
}

test('import and require give the same things', () => {
  const required = createRequire(import.meta.url)('viralforge')
  assert.deepEqual(Object.keys(required).sort(), Object.keys(vf).sort())
  for (const name of Object.keys(vf)) assert.equal(required[name], vf[name], name)
})

test('require works by itself', () => {
  const code = `const vf = require('viralforge'); vf.probe(process.env.CLIP).then((m) => console.log(m.container))`
  const env = { ...process.env, CLIP: seed('h264-aac.mp4') }
  succeeds(spawnSync(process.execPath, ['-e', code], { cwd: packageFolder, encoding: 'utf8', env }), 'mp4')
})

test('a job keeps the process alive, and what is done does not', () => {
  succeeds(run(`import { probe } from 'viralforge'; probe(process.env.CLIP).then((m) => console.log(m.container))`), 'mp4')
})

test('process.exit during jobs ends the process', () => {
  const code = `
    import { analyze, concurrency, transcode } from 'viralforge'
    concurrency(2)
    const onProgress = ({ fraction }) => fraction > 0.02 && process.exit(0)
    for (let i = 0; i < 4; i++) analyze(process.env.DEMO, { onProgress })
    transcode(process.env.DEMO, '/dev/null/x.mp4').catch(() => {})`
  succeeds(run(code))
})

test('a worker uses the package, and ends during a job', async () => {
  const code = `
    import { parentPort } from 'node:worker_threads'
    import { analyze, probe } from 'viralforge'
    parentPort.postMessage((await probe(process.env.CLIP)).container)
    await analyze(process.env.DEMO, { onProgress: ({ fraction }) => fraction > 0.02 && parentPort.postMessage('running') })`
  const url = new URL(`data:text/javascript,${encodeURIComponent(code.replaceAll("'viralforge'", JSON.stringify(new URL('../index.js', import.meta.url))))}`)
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(url, { env: { CLIP: seed('h264-aac.mp4'), DEMO: demo } })
    const messages = []
    await new Promise((resolve, reject) => {
      worker.once('error', reject)
      worker.on('message', (message) => messages.push(message) && message === 'running' && resolve())
    })
    assert.equal(await worker.terminate(), 1)
    assert.equal(messages[0], 'mp4')
  }
  assert.equal((await vf.probe(seed('h264-aac.mp4'))).container, 'mp4')
})

test('a worker that alone has the addon may end during a job', () => {
  const code = `
    import { Worker } from 'node:worker_threads'
    const body = "import { parentPort } from 'node:worker_threads'; import { analyze } from '" + import.meta.resolve('viralforge') + "';" +
      "await analyze(process.env.DEMO, { onProgress: ({ fraction }) => fraction > 0.02 && parentPort.postMessage(1) })"
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(body)))
      await new Promise((resolve) => worker.once('message', resolve))
      await worker.terminate()
    }
    console.log('done')`
  succeeds(run(code), 'done')
})
