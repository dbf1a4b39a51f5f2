'use strict'

// Builds the addon with cargo, from a checkout of the repository. Needs no package.

const { spawnSync } = require('node:child_process')
const { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, utimesSync } = require('node:fs')
const { join } = require('node:path')

const folder = join(__dirname, '..')
const workspace = join(folder, '..')

/** Whether this is a checkout, and not a package as it is published. */
const isCheckout = () => existsSync(join(workspace, 'viralforge-core', 'Cargo.toml'))

/** Builds the addon and puts it where `native.cjs` looks; returns the folder with what the build says of its types. */
function buildAddon() {
  const types = join(targetFolder(), 'viralforge-node-types')
  mkdirSync(types, { recursive: true })
  const env = { ...process.env, NAPI_TYPE_DEF_TMP_FOLDER: types }
  // Cargo does not know of that file: where it is gone, the crate must be compiled again to write it.
  const now = new Date()
  if (!existsSync(join(types, 'viralforge-node'))) utimesSync(join(folder, 'src', 'lib.rs'), now, now)
  const flags = ['--release', '--package', 'viralforge-node', '--message-format', 'json-render-diagnostics', ...features()]
  const messages = cargo(['build', ...flags], env).split('\n').filter(Boolean).map((line) => JSON.parse(line))
  const library = messages.findLast(isOurs)?.filenames[0]
  if (!library) throw new Error('cargo does not say where the addon is')
  // Renamed into place: a process may have the old one mapped.
  const addon = join(folder, `viralforge.${platform()}.node`)
  copyFileSync(library, `${addon}.new`)
  renameSync(`${addon}.new`, addon)
  return types
}

function cargo(args, env = process.env) {
  const how = { cwd: workspace, encoding: 'utf8', env, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] }
  const { status, stdout, error } = spawnSync(process.env.CARGO ?? 'cargo', args, how)
  if (error) throw new Error(`cargo cannot be run (${error.code}); Rust is needed to build from a checkout`)
  if (status !== 0) throw new Error('cargo could not build the addon; `make ffmpeg` sets up what it needs')
  return stdout
}

function targetFolder() {
  return JSON.parse(cargo(['metadata', '--no-deps', '--format-version', '1'])).target_directory
}

/** The cargo flags that fit the FFmpeg which `make ffmpeg` found or built. */
function features() {
  const config = join(workspace, '.cargo', 'config.toml')
  const text = existsSync(config) ? readFileSync(config, 'utf8') : ''
  const feature = /^VIRALFORGE_FFMPEG_FEATURE = "(.*)"/m.exec(text)?.[1]
  return feature && feature !== 'ffmpeg7_1' ? ['--no-default-features', '--features', feature] : []
}

function isOurs({ reason, target }) {
  return reason === 'compiler-artifact' && target.name === 'viralforge_node' && target.kind.includes('cdylib')
}

/** The name of this platform in that of the addon. */
function platform() {
  if (process.platform !== 'linux') return `${process.platform}-${process.arch}`
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'
  return `linux-${process.arch}-${libc}`
}

module.exports = { buildAddon, folder, isCheckout }
