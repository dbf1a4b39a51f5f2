import sys

import av

with av.open(sys.argv[1]) as container:
    video = container.streams.video[0].codec_context
    print(container.format.name, container.duration / av.time_base, video.name, video.width, video.height)
