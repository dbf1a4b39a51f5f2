import { promisify } from 'node:util'
import ffmpeg from 'fluent-ffmpeg'

const info = await promisify(ffmpeg.ffprobe)(process.argv[2])
const video = info.streams.find((stream) => stream.codec_type === 'video')
console.log(info.format.format_name, info.format.duration, video.codec_name, video.width, video.height)
