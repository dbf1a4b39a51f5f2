// An upload handler that refuses early: by the size that is announced, by the first bytes, by the size that arrives,
// and at last by the whole file.
//
//     node upload.mjs                 curl -T talk.mp4 http://127.0.0.1:3000/uploads/talk.mp4
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

import Fastify from 'fastify'
import { uploadPolicy, validateUpload } from 'viralforge'

/** Enough to tell what a file is. */
const HEAD_BYTES = 64 << 10

/** A server that puts accepted videos into `folder`. */
export function uploadServer({ folder, maxBytes = 100_000_000 }) {
  const app = Fastify({ bodyLimit: Number.MAX_SAFE_INTEGER })
  // Bodies stay streams, whatever they are.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, body, done) => done(null, body))

  app.put('/uploads/:name', async (request, reply) => {
    const declaredMime = request.headers['content-type'] ?? null
    const policy = { ...uploadPolicy('video'), maxBytes, fileName: request.params.name, declaredMime }
    if (Number(request.headers['content-length']) > maxBytes) return refuse(reply, 413, tooLarge(maxBytes))

    const body = request.body.iterator({ destroyOnReturn: false })
    const head = await firstBytes(body)
    const early = await validateUpload(head, { policy: { ...policy, depth: 'signature' } })
    if (early.verdict === 'reject') return refuse(reply, 422, early.findings)

    const { refusal, ...kept } = await keep(whole(head, body, maxBytes), policy, folder)
    return refusal ? refuse(reply, ...refusal) : reply.code(201).send(kept)
  })
  return app
}

/** Stores a body, looks at all of it, and keeps it or says why not; nothing else stays behind. */
async function keep(body, policy, folder) {
  const partial = join(folder, `${randomUUID()}.partial`)
  try {
    await pipeline(body, createWriteStream(partial, { flags: 'wx' }))
    const report = await validateUpload(partial, { policy })
    if (report.verdict === 'reject') return { refusal: [422, report.findings] }
    const id = randomUUID() + extname(report.safeName)
    await rename(partial, join(folder, id))
    return { id, name: report.safeName, findings: shown(report.findings) }
  } catch (error) {
    if (error.code !== 'TOO_LARGE') throw error
    return { refusal: [413, tooLarge(policy.maxBytes)] }
  } finally {
    await rm(partial, { force: true })
  }
}

/** Reads no more than is needed to see what comes. */
async function firstBytes(body) {
  const chunks = []
  let size = 0
  while (size < HEAD_BYTES) {
    const { done, value } = await body.next()
    if (done) break
    chunks.push(value)
    size += value.length
  }
  return Buffer.concat(chunks)
}

async function* whole(head, rest, maxBytes) {
  let size = head.length
  yield head
  for await (const chunk of rest) {
    size += chunk.length
    if (size > maxBytes) throw Object.assign(new Error('the body is too large'), { code: 'TOO_LARGE' })
    yield chunk
  }
}

/** Answers without waiting for the rest, and closes the connection: the client need not send it. */
function refuse(reply, status, findings) {
  return reply.code(status).header('connection', 'close').send({ findings: shown(findings) })
}

const tooLarge = (maxBytes) => [{ code: 'too_many_bytes', message: `At most ${maxBytes} bytes are taken.` }]
const shown = (findings) => findings.map(({ code, message }) => ({ code, message }))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.env.UPLOADS ?? 'uploads'
  await mkdir(folder, { recursive: true })
  const address = await uploadServer({ folder }).listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
  console.log(address)
}
