// Seek to the keyframe before, decode, drop what lies outside the cut, shift what is left to zero, encode.
import { Decoder, Demuxer, Encoder, Muxer } from 'node-av/api'
import { AVSEEK_FLAG_BACKWARD, FF_ENCODER_AAC, FF_ENCODER_LIBX264 } from 'node-av/constants'

const [START, END] = [10, 20]
const output = await Muxer.open(process.argv[3])

async function* inside(frames, { num, den }) {
  for await (const frame of frames) {
    const time = frame && (Number(frame.pts) * num) / den
    if (frame === null || time >= END) return yield null
    if (time < START) {
      frame.free()
      continue
    }
    frame.pts = BigInt(Math.round(((time - START) * den) / num))
    yield frame
  }
}

async function track(kind, codec, options) {
  const input = await Demuxer.open(process.argv[2])
  await input.seek(START, -1, AVSEEK_FLAG_BACKWARD)
  const stream = input[kind]()
  const decoder = await Decoder.create(stream)
  const encoder = await Encoder.create(codec, { decoder, ...options })
  const index = output.addStream(encoder)
  return async () => {
    const frames = inside(decoder.frames(input.packets(stream.index)), stream.timeBase)
    for await (const packet of encoder.packets(frames)) await output.writePacket(packet, index)
  }
}

const video = await track('video', FF_ENCODER_LIBX264, { options: { preset: 'veryfast', crf: '23' } })
const audio = await track('audio', FF_ENCODER_AAC, { bitrate: '128k' })
await Promise.all([video(), audio()])
await output.close()
