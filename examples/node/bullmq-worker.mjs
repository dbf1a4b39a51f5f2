// A BullMQ worker that makes clips: progress goes into the job, passing troubles are tried again, and what cannot be
// done ends in a queue of its own, where somebody looks at it.
//
//     REDIS_URL=redis://127.0.0.1:6379 node bullmq-worker.mjs
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Queue, UnrecoverableError, Worker } from 'bullmq'
import { analyze, clipFileName, concurrency, planReframe, suggestClips, transcode, ViralforgeError } from 'viralforge'

export const QUEUE = 'clips'
export const DEAD_LETTERS = 'clips-dead'

/** Works on jobs `{ source, folder, preset, count }`, and returns what was written. Close it with `close()`. */
export function clipWorker(connection) {
  const deadLetters = new Queue(DEAD_LETTERS, { connection })
  const worker = new Worker(QUEUE, makeClips, { connection, concurrency: concurrency() })
  worker.on('failed', (job, error) => {
    const over = error instanceof UnrecoverableError || (job && job.attemptsMade >= job.opts.attempts)
    if (job && over) deadLetters.add(job.name, { ...job.data, job: job.id, error: error.message }).catch(report)
  })
  worker.on('error', report)
  return { close: () => Promise.all([worker.close(), deadLetters.close()]) }
}

async function makeClips(job, _token, signal) {
  const { source, folder, preset = 'tiktok', count = 3 } = job.data
  const analysisShare = 0.5
  const tell = (from, to) => progressInto(job, from, to)
  try {
    const analysis = await analyze(source, { signal, onProgress: tell(0, analysisShare) })
    const reframe = await planReframe(analysis, { aspect: '9:16' })
    const clips = await suggestClips(analysis, { count, minDurationSeconds: 5 })
    const written = []
    for (const [i, clip] of clips.entries()) {
      const path = join(folder, clipFileName(clip, 'mp4'))
      const step = (1 - analysisShare) / clips.length
      const onProgress = tell(analysisShare + i * step, analysisShare + (i + 1) * step)
      await transcode(source, path, { preset, range: clip, reframe, signal, onProgress })
      written.push({ path, score: clip.score })
    }
    return written
  } catch (error) {
    // A full disk may be emptied and a file may still arrive; a broken file stays broken.
    if (error instanceof ViralforgeError && error.code !== 'io') {
      throw new UnrecoverableError(`${error.code}: ${error.message}`)
    }
    throw error
  }
}

/** Reports a part of the job as that part of its progress; Redis hears of whole percents only. */
function progressInto(job, from, to) {
  let last = -1
  return ({ stage, fraction, etaSeconds }) => {
    const percent = Math.floor(100 * (from + fraction * (to - from)))
    if (percent === last) return
    last = percent
    job.updateProgress({ percent, stage, etaSeconds }).catch(report)
  }
}

function report(error) {
  console.error(error.message)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { hostname: host, port } = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')
  const worker = clipWorker({ host, port: Number(port || 6379), maxRetriesPerRequest: null })
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => worker.close())
}
