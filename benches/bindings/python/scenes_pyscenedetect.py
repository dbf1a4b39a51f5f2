import sys

from scenedetect import ContentDetector, detect

for start, end in detect(sys.argv[1], ContentDetector()):
    print(start.seconds, end.seconds)
