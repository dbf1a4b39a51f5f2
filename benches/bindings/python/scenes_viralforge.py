import sys

import viralforge

for scene in viralforge.detect_scenes(sys.argv[1]).scenes:
    print(scene.start_seconds, scene.end_seconds)
