import { transcode } from 'viralforge'

const range = { startSeconds: 10, endSeconds: 20 }
await transcode(process.argv[2], process.argv[3], { range, speed: 'veryfast', crf: 23 })
