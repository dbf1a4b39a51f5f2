// fluent-ffmpeg has no detector of its own: FFmpeg's scene score, which sees cuts only, printed by a filter.
import ffmpeg from 'fluent-ffmpeg'

await new Promise((resolve, reject) => {
  ffmpeg(process.argv[2])
    .noAudio()
    .videoFilters(["select='gt(scene,0.3)'", 'metadata=print'])
    .format('null')
    .on('stderr', (line) => {
      const found = /pts_time:([\d.]+)/.exec(line)
      if (found) console.log(Number(found[1]))
    })
    .on('end', resolve)
    .on('error', reject)
    .save('-')
})
