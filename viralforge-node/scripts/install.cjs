'use strict'

// What `npm install` runs. A published package brings its addon along and nothing is to be done; from a checkout, cargo
// builds it. No package but this one is needed for that.

const { spawnSync } = require('node:child_process')
const { copyFileSync, existsSync, renameSync } = require('node:fs')
const { join } = require('node:path')

const { cargoFlags, workspace } = require('./ffmpeg.cjs')

const folder = join(__dirname, '..')

if (loads() || !existsSync(join(workspace, 'viralforge-core', 'Cargo.toml'))) process.exit(0)
build()
if (!loads()) fail('the addon was built but does not load')

/** Whether there is an addon already, built here or installed. In a process of its own, which cannot take this one along. */
function loads() {
  const { status } = spawnSync(process.execPath, ['-e', "require('./native.cjs')"], { cwd: folder, stdio: 'ignore' })
  return status === 0
}

function build() {
  const args = ['build', '--release', '--package', 'viralforge-node', '--message-format', 'json-render-diagnostics', ...cargoFlags()]
  const { status, stdout, error } = spawnSync('cargo', args, {
    cwd: workspace,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (error) fail(`cargo cannot be run (${error.code}); Rust is needed to build from a checkout`)
  if (status !== 0) fail('cargo could not build the addon; `make ffmpeg` in the repository sets up what it needs')
  const library = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line)).findLast(isOurs)?.filenames[0]
  if (!library) fail('cargo did not say where the addon is')
  // Written beside and renamed: another process may have the old one mapped.
  const addon = join(folder, `viralforge.${platform()}.node`)
  copyFileSync(library, `${addon}.new`)
  renameSync(`${addon}.new`, addon)
}

function isOurs({ reason, target }) {
  return reason === 'compiler-artifact' && target.name === 'viralforge_node' && target.kind.includes('cdylib')
}

/** The name that `native.cjs` looks for. */
function platform() {
  if (process.platform !== 'linux') return `${process.platform}-${process.arch}`
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'
  return `linux-${process.arch}-${libc}`
}

function fail(problem) {
  process.stderr.write(`viralforge: ${problem}\n`)
  process.exit(1)
}
