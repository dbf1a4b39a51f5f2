// viralforge-server for a test: on a port of its own, with its data in a folder that goes away.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { demo } from './media.js'

export const program = process.env.VIRALFORGE_SERVER
export const key = '0123456789abcdef0123456789abcdef'
const headers = { authorization: `Bearer ${key}` }

/** Starts the host; with `stop`. */
export async function host(data, redisUrl, workers) {
  const env = {
    VIRALFORGE_DATA: data,
    VIRALFORGE_LISTEN: '127.0.0.1:0',
    VIRALFORGE_API_KEY: key,
    VIRALFORGE_WORKERS: `${workers}`,
    VIRALFORGE_LEASE_SECONDS: '2',
    REDIS_URL: redisUrl,
  }
  const server = spawn(program, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  for await (const line of createInterface({ input: server.stderr })) {
    const { fields } = JSON.parse(line)
    if (fields.message === 'listening') {
      server.stderr.resume()
      return { url: `http://${fields.address}`, stop }
    }
  }
  throw new Error('the server ended')
}

export async function ask(url, method, path, body, more = {}) {
  const answer = await fetch(url + path, { method, headers: { ...headers, ...more }, body })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer
}

/** The demo video as an accepted asset. */
export async function accepted(url) {
  const video = readFileSync(demo)
  const tus = { 'tus-resumable': '1.0.0' }
  const metadata = `filename ${Buffer.from('sintel.mp4').toString('base64')}`
  const begun = { ...tus, 'upload-length': video.length, 'upload-metadata': metadata }
  const location = (await ask(url, 'POST', '/v1/uploads', undefined, begun)).headers.get('location')
  const path = location.replace(url, '')
  const sent = { ...tus, 'upload-offset': 0, 'content-type': 'application/offset+octet-stream' }
  await ask(url, 'PATCH', path, video, sent)
  const { asset_id: id } = await (await ask(url, 'GET', path)).json()
  for (;;) {
    const { state } = await (await ask(url, 'GET', `/v1/assets/${id}`)).json()
    if (state === 'accepted') return id
    if (state !== 'quarantined') throw new Error(state)
  }
}

/** What happens to a job until it is over, as the host tells it. */
export async function* events(url, job) {
  const answer = await ask(url, 'GET', `/v1/jobs/${job}/events`)
  let text = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop()
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data:'))
      if (data) yield JSON.parse(data.slice('data:'.length))
    }
  }
}
