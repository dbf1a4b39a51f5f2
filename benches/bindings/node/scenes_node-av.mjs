// node-av has no detector of its own: FFmpeg's scene score, which sees cuts only, in a filter.
import { Decoder, Demuxer, FilterAPI } from 'node-av/api'

const input = await Demuxer.open(process.argv[2])
const stream = input.video()
const decoder = await Decoder.create(stream)
const filter = FilterAPI.create("select='gt(scene,0.3)'")
for await (const frame of filter.frames(decoder.frames(input.packets(stream.index)))) {
  if (!frame) continue
  console.log((Number(frame.pts) * stream.timeBase.num) / stream.timeBase.den)
  frame.free()
}
