// Builds the addon with @napi-rs/cli, which also writes `native.cjs` (the loader) and `native.d.cts` (its types).
// Both are committed; `make` checks that they are as generated.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { cargoFlags } from './ffmpeg.cjs'

const folder = fileURLToPath(new URL('..', import.meta.url))
const flags = ['build', '--platform', '--release', '--js', 'native.cjs', '--dts', 'native.d.cts', ...cargoFlags()]
const { status } = spawnSync('npx', ['--no-install', 'napi', ...flags], { cwd: folder, stdio: 'inherit' })
process.exit(status ?? 1)
