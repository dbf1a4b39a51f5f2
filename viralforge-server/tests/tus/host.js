// Starts and ends the host. VIRALFORGE_SERVER names the program.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const program = process.env.VIRALFORGE_SERVER
assert.ok(program, 'VIRALFORGE_SERVER must name the server')
const key = '0123456789abcdef0123456789abcdef'

export const headers = { authorization: `Bearer ${key}` }

export async function start(data, settings = {}) {
  const env = { VIRALFORGE_DATA: data, VIRALFORGE_LISTEN: '127.0.0.1:0', VIRALFORGE_API_KEY: key, ...settings }
  const server = spawn(program, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const seen = []
  for await (const line of createInterface({ input: server.stderr })) {
    seen.push(line)
    const { fields } = JSON.parse(line)
    if (fields.message === 'listening') {
      server.stderr.resume()
      return { server, url: `http://${fields.address}` }
    }
  }
  throw new Error(`the server ended: ${seen.join('\n')}`)
}

export async function kill(server) {
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}

export async function json(url, options = {}) {
  const answer = await fetch(url, { ...options, headers: { ...headers, ...options.headers } })
  const body = await answer.json()
  assert.ok(answer.ok, `${url}: ${answer.status} ${JSON.stringify(body)}`)
  return body
}

export async function until(url, done) {
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    const value = await json(url)
    if (done(value)) return value
  }
  throw new Error(`${url} does not come to its end`)
}
