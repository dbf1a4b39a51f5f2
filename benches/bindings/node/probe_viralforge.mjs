import { probe } from 'viralforge'

const info = await probe(process.argv[2])
const video = info.streams.find((stream) => stream.kind === 'video')
console.log(info.container, info.durationSeconds, video.codec, video.width, video.height)
