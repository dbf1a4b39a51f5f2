import { detectScenes } from 'viralforge'

for (const scene of (await detectScenes(process.argv[2])).scenes) {
  console.log(scene.startSeconds, scene.endSeconds)
}
