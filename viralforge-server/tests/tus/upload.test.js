// The real tus-js-client, interrupted and resumed. VIRALFORGE_SERVER names the program.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { Upload } from 'tus-js-client'

const program = process.env.VIRALFORGE_SERVER
assert.ok(program, 'VIRALFORGE_SERVER must name the server')
const key = '0123456789abcdef0123456789abcdef'
const video = await readFile(new URL('../../../examples/demo/sintel-trailer-720p-52s.mp4', import.meta.url))
const data = await mkdtemp(join(tmpdir(), 'viralforge-tus-'))
after(() => rm(data, { recursive: true }))

async function start() {
  const env = { VIRALFORGE_DATA: data, VIRALFORGE_LISTEN: '127.0.0.1:0', VIRALFORGE_API_KEY: key }
  const server = spawn(program, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const line of createInterface({ input: server.stderr })) {
    const { fields } = JSON.parse(line)
    if (fields.message === 'listening') {
      server.stderr.resume()
      return { server, url: `http://${fields.address}` }
    }
  }
  throw new Error('the server ended')
}

async function end(server) {
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}

const headers = { authorization: `Bearer ${key}` }

function upload(options) {
  return new Promise((resolve, reject) => {
    const client = new Upload(video, {
      headers,
      chunkSize: 1_000_000,
      metadata: { filename: 'sintel.mp4' },
      retryDelays: null,
      onError: reject,
      onSuccess: () => resolve(client.url),
      ...options,
      onChunkComplete: (size, accepted) => options.onChunkComplete?.(client, accepted, resolve),
    })
    client.start()
  })
}

async function accepted(base, url) {
  const { state, asset_id: asset } = await (await fetch(url, { headers })).json()
  assert.equal(state, 'complete')
  for (;;) {
    const answer = await (await fetch(`${base}/v1/assets/${asset}`, { headers })).json()
    if (answer.state !== 'quarantined') return answer
  }
}

test('an upload that is interrupted by a dead server is resumed and accepted', async () => {
  const first = await start()
  const url = await upload({
    endpoint: `${first.url}/v1/uploads`,
    onChunkComplete: async (client, bytes, stopped) => {
      if (bytes >= 2_000_000) {
        await client.abort()
        stopped(client.url)
      }
    },
  })
  await end(first.server)
  const second = await start()
  const again = url.replace(first.url, second.url)
  let before
  await upload({
    uploadUrl: again,
    onAfterResponse: (request, response) => {
      if (request.getMethod() === 'HEAD') before = Number(response.getHeader('upload-offset'))
    },
  })
  assert.ok(before >= 2_000_000 && before < video.length, `${before}`)
  const asset = await accepted(second.url, again)
  assert.deepEqual([asset.state, asset.bytes], ['accepted', video.length])
  await end(second.server)
})

test('an upload in parallel parts becomes one', async () => {
  const { server, url } = await start()
  const made = await upload({ endpoint: `${url}/v1/uploads`, parallelUploads: 3 })
  const asset = await accepted(url, made)
  assert.deepEqual([asset.state, asset.bytes], ['accepted', video.length])
  await end(server)
})
