// The types as seen from CommonJS.
import viralforge = require('viralforge')

export async function container(path: string): Promise<string> {
  const media: viralforge.MediaInfo = await viralforge.probe(path)
  return media.container
}
