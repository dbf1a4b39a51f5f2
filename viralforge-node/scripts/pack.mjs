// Makes the tarballs that are published, in `dist`: the package itself, and the one of this platform with the addon and
// every library that it needs beside those of any Linux.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { bundle } from './bundle.mjs'

const folder = fileURLToPath(new URL('..', import.meta.url))
const repository = join(folder, '..')
const dist = join(folder, 'dist')
const read = (path) => JSON.parse(readFileSync(path, 'utf8'))

const PLATFORM = 'linux-x64-gnu'
const LICENSES = ['LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT']
/** What the statements of the libraries refer to. */
const FULL_TEXTS = ['GPL-2', 'GPL-3', 'LGPL-2.1']

rmSync(dist, { recursive: true, force: true })
const { version } = read(join(folder, 'package.json'))
for (const path of [packPlatform(), packFace()]) {
  const bytes = readFileSync(path).length
  console.log(`${(bytes / 1e6).toFixed(1)} MB  ${path}`)
}

function packPlatform() {
  const stage = join(dist, PLATFORM)
  const addon = `viralforge.${PLATFORM}.node`
  mkdirSync(join(stage, 'licenses'), { recursive: true })
  copyFileSync(join(folder, addon), join(stage, addon))
  chmodSync(join(stage, addon), 0o755)
  const libraries = bundle(join(stage, addon), join(stage, 'lib'))
  for (const { name, license } of libraries) {
    if (license) copyFileSync(license, join(stage, 'licenses', `${name}.txt`))
  }
  for (const name of FULL_TEXTS) {
    const text = join('/usr/share/common-licenses', name)
    if (existsSync(text)) copyFileSync(text, join(stage, 'licenses', name))
  }
  const described = read(join(folder, 'npm', PLATFORM, 'package.json'))
  writeJson(join(stage, 'package.json'), { ...described, version })
  return pack(stage)
}

function packFace() {
  const stage = join(dist, 'viralforge')
  const { scripts: _, devDependencies: __, ...described } = read(join(folder, 'package.json'))
  mkdirSync(stage, { recursive: true })
  for (const name of described.files) cpSync(join(folder, name), join(stage, name), { recursive: true })
  copyFileSync(join(folder, 'README.md'), join(stage, 'README.md'))
  const platform = read(join(folder, 'npm', PLATFORM, 'package.json')).name
  writeJson(join(stage, 'package.json'), { ...described, optionalDependencies: { [platform]: version } })
  return pack(stage)
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** The tarball of a folder. */
function pack(stage) {
  for (const name of LICENSES) copyFileSync(join(repository, name), join(stage, name))
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', dist, stage], { encoding: 'utf8' }))
  return join(dist, filename)
}
