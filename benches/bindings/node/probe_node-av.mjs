import { probe } from 'node-av/api'

const info = await probe(process.argv[2])
const video = info.streams.find((stream) => stream.type === 'video')
console.log(info.format, info.duration, video.codec, video.width, video.height)
