import sys

import viralforge

info = viralforge.probe(sys.argv[1])
video = info.video
print(info.container, info.duration_seconds, video.codec, video.video.width, video.video.height)
