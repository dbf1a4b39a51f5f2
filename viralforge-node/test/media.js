// Where the tests find media. What they need is committed, or made by the ffmpeg program.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const inRepository = (path) => fileURLToPath(new URL(path, root))

/** 52 s of 720p with sound. */
export const demo = inRepository('examples/demo/sintel-trailer-720p-52s.mp4')

/** Small files: `seed('tone.wav')`. */
export const seed = (name) => inRepository(`fuzz/seeds/${name}`)

/** A folder that is gone after the tests of `t`. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'viralforge-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Runs the ffmpeg program; `args` without input are from lavfi. */
export function ffmpeg(...args) {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args])
}

/** A long video that costs time to decode. */
export function longVideo(t, seconds = 60) {
  const path = join(folder(t), 'long.mp4')
  const inputs = ['-f', 'lavfi', '-i', `testsrc2=s=1280x720:r=30:d=${seconds}`, '-f', 'lavfi', '-i', `sine=d=${seconds}`]
  ffmpeg(...inputs, '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-c:a', 'aac', '-shortest', path)
  return path
}

/** Sound that costs time to decode: twenty minutes. */
export function longSound(t) {
  const path = join(folder(t), 'long.flac')
  ffmpeg('-f', 'lavfi', '-i', 'sine=d=1200:r=48000', '-ac', '2', '-compression_level', '0', path)
  return path
}

/** Gives this process a temporary folder of its own; the result lists what is in it. */
export function ownTemporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'viralforge-test-'))
  process.env.TMPDIR = path
  process.on('exit', () => rmSync(path, { recursive: true, force: true }))
  return () => readdirSync(path).filter((name) => !name.startsWith('viralforge-test-'))
}
