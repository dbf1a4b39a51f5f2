import sys

import viralforge

viralforge.transcode(sys.argv[1], sys.argv[2], range=viralforge.TimeRange(10, 20), speed="veryfast", crf=23)
