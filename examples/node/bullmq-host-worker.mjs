// A stock BullMQ worker that makes thumbnails for viralforge-server: it draws a ticket from Redis, claims the job from
// the host, and sends back what it made. The host publishes it, if the claim still holds by then.
//
//     REDIS_URL=redis://127.0.0.1:6379 VIRALFORGE_URL=http://127.0.0.1:8080 VIRALFORGE_API_KEY=… node bullmq-host-worker.mjs
import { hostname } from 'node:os'

import { Worker } from 'bullmq'
import { extractThumbnails, ViralforgeError } from 'viralforge'

const { REDIS_URL, VIRALFORGE_URL, VIRALFORGE_API_KEY } = process.env
const name = `${hostname()}-${process.pid}`

/** Asks the host; undefined where it says that the job is not, or no longer, ours. */
async function ask(method, path, body, type = 'application/json') {
  const headers = { authorization: `Bearer ${VIRALFORGE_API_KEY}`, 'content-type': type }
  const answer = await fetch(VIRALFORGE_URL + path, { method, headers, body })
  if (answer.status === 409) return undefined
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? {} : answer.json()
}

async function makeThumbnails({ data }) {
  const job = `/v1/jobs/${data.job_id}`
  const claim = await ask('POST', `${job}/claim`, JSON.stringify({ worker: name }))
  if (!claim) return 'another worker has it, or nobody wants it any more'
  const { fence } = claim
  const say = (what, more) => ask('POST', `${job}/${what}`, JSON.stringify({ fence, ...more }))
  const stop = new AbortController()
  let progress
  const beat = async () => {
    const held = await say('heartbeat', { progress })
    if (!held?.continue) stop.abort()
  }
  // Often enough for the lease, and for whoever watches. What fails once is tried again the next time.
  const beats = setInterval(() => beat().catch(console.error), Math.min(500, claim.lease_seconds * 300))
  try {
    const video = await fetch(claim.input.url, { signal: stop.signal })
    if (!video.ok) throw new Error(`the input: ${video.status}`)
    const { thumbnails } = await extractThumbnails(new Uint8Array(await video.arrayBuffer()), {
      ...camelKeys(claim.options?.thumbnails),
      signal: stop.signal,
      onProgress: ({ stage, fraction, etaSeconds }) => (progress = { stage, fraction, eta_seconds: etaSeconds }),
    })
    await beat()
    for (const [i, { jpeg }] of thumbnails.entries()) {
      await ask('PUT', `${job}/outputs/thumbnail-${i + 1}.jpg?fence=${fence}`, jpeg, 'image/jpeg')
    }
    const found = thumbnails.map(({ timeSeconds, score }) => ({ time_seconds: timeSeconds, score }))
    const done = await say('complete', { report: { thumbnails: found } })
    return done ? 'published' : 'too late: another worker has it'
  } catch (error) {
    const code = stop.signal.aborted ? 'cancelled' : error instanceof ViralforgeError ? error.code : 'io'
    await say('fail', { code, message: error.message })
    return `${code}: ${error.message}`
  } finally {
    clearInterval(beats)
  }
}

/** The host's options have the library's names, `max_side`; here it is `maxSide`. */
function camelKeys(options = {}) {
  const camel = (key) => key.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]))
}

const connection = { url: REDIS_URL ?? 'redis://127.0.0.1:6379', maxRetriesPerRequest: null }
const worker = new Worker('viralforge-thumbnail', makeThumbnails, { connection, name })
worker.on('error', (error) => console.error(error.message))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => worker.close())
