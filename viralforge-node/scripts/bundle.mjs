// Puts beside an addon what it needs to run on a machine without it.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** What every Linux with glibc that runs Node has. */
const EVERYWHERE = /^(ld-linux-x86-64|libc|libm|libgcc_s|libstdc\+\+|libpthread|libdl|librt|linux-vdso)\.so/

/**
 * Copies the libraries of `addon`, transitively, to `folder`, and makes each find the others there. Returns
 * `{ name, license? }` of each, with the path of its license where Debian has one.
 */
export function bundle(addon, folder) {
  const libraries = needed(addon)
  mkdirSync(folder, { recursive: true })
  for (const { name, path } of libraries) {
    const copy = join(folder, name)
    copyFileSync(realpathSync(path), copy)
    chmodSync(copy, 0o755)
    slim(copy, '$ORIGIN')
  }
  slim(addon, '$ORIGIN/lib')
  const left = needed(addon).filter(({ path }) => !path.startsWith(folder))
  if (left.length > 0) throw new Error(`still from outside: ${left.map(({ path }) => path).join(', ')}`)
  return libraries.map(({ name, path }) => ({ name, license: licenseOf(path) }))
}

/** Every shared library that the loader would bring, those of any Linux aside. */
function needed(file) {
  const text = execFileSync('ldd', [file], { encoding: 'utf8' })
  if (text.includes('not found')) throw new Error(`a library is missing:\n${text}`)
  const lines = [...text.matchAll(/^\s*(\S+) => (\S+)/gm)].map(([, name, path]) => ({ name, path }))
  return lines.filter(({ name }) => !EVERYWHERE.test(name))
}

/** The run path goes first: stripping afterwards leaves it in place. */
function slim(file, runPath) {
  execFileSync('patchelf', ['--set-rpath', runPath, file])
  execFileSync('strip', ['--strip-unneeded', file])
}

/** Debian's statement of a library's authors and license. */
function licenseOf(path) {
  for (const candidate of [path, realpathSync(path), path.replace(/^\/lib\//, '/usr/lib/')]) {
    try {
      const [owner] = execFileSync('dpkg', ['-S', candidate], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(':')
      const license = `/usr/share/doc/${owner}/copyright`
      if (existsSync(license)) return license
    } catch {
      // Not known under this name.
    }
  }
}
