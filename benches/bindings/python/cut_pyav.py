# Seek to the keyframe before, decode, drop what lies before the cut, shift what is left to zero, encode.
import sys
from fractions import Fraction

import av

START, END = 10, 20
with av.open(sys.argv[1]) as source, av.open(sys.argv[2], "w") as output:
    for stream in (*source.streams.video, *source.streams.audio):
        stream.thread_type = "AUTO"
    video_in, audio_in = source.streams.video[0], source.streams.audio[0]
    video = output.add_stream("libx264", rate=video_in.average_rate, options={"preset": "veryfast", "crf": "23"})
    video.width, video.height, video.pix_fmt = video_in.width, video_in.height, "yuv420p"
    audio = output.add_stream("aac", rate=audio_in.rate, bit_rate=128_000, layout="stereo")
    source.seek(START * av.time_base)
    samples = 0
    done = set()
    for packet in source.demux(video_in, audio_in):
        for frame in packet.decode():
            at = frame.pts * frame.time_base
            if at >= END:
                done.add(packet.stream.type)
            elif at >= START and packet.stream.type == "video":
                frame.pts = round((at - START) / frame.time_base)
                frame.pict_type = av.video.frame.PictureType.NONE
                output.mux(video.encode(frame))
            elif at >= START:
                frame.pts, frame.time_base = samples, Fraction(1, frame.sample_rate)
                samples += frame.samples
                output.mux(audio.encode(frame))
        if len(done) == 2:
            break
    output.mux(video.encode(None))
    output.mux(audio.encode(None))
