// The whole job: the best moments of a video as clips for TikTok, with covers.
//
//     node clips.mjs talk.mp4 out
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { analyze, clipFileName, extractThumbnails, planReframe, suggestClips, transcode } from 'viralforge'

const [source, folder = 'out'] = process.argv.slice(2)
const onProgress = ({ stage, fraction }) => process.stderr.write(`\r${stage} ${(100 * fraction).toFixed()} %  `)

await mkdir(folder, { recursive: true })
const analysis = await analyze(source, { onProgress })
const reframe = await planReframe(analysis, { aspect: '9:16' })
for (const clip of await suggestClips(analysis, { count: 2, minDurationSeconds: 6, maxDurationSeconds: 20 })) {
  const path = join(folder, clipFileName(clip, 'mp4'))
  await transcode(source, path, { preset: 'tiktok', range: clip, reframe, onProgress })
  const { thumbnails } = await extractThumbnails(source, { analysis, range: clip, reframe, count: 1 })
  await writeFile(path.replace(/mp4$/, 'jpg'), thumbnails[0].jpeg)
  console.log(`${path}: ${clip.reasons[0].text}`)
}
