import ffmpeg from 'fluent-ffmpeg'

await new Promise((resolve, reject) => {
  ffmpeg(process.argv[2])
    .seekInput(10)
    .duration(10)
    .videoCodec('libx264')
    .audioCodec('aac')
    .audioBitrate('128k')
    .outputOptions(['-preset veryfast', '-crf 23', '-pix_fmt yuv420p'])
    .on('end', resolve)
    .on('error', reject)
    .save(process.argv[3])
})
