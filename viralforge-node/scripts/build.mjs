// Builds the addon, and writes what follows from it: `native.cjs`, which loads it, and `native.d.cts`, its types. Both
// are committed; a difference after a build means that they were forgotten.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { generateTypeDef, writeJsBinding } from '@napi-rs/cli'

import described from '../package.json' with { type: 'json' }
import { buildAddon, folder } from './cargo.cjs'

const typeDefDir = buildAddon()
const { exports, dts } = await generateTypeDef({ typeDefDir, cwd: folder, declareBindingTarget: true })
writeFileSync(join(folder, 'native.d.cts'), dts)
await writeJsBinding({
  platform: true,
  jsBinding: 'native.cjs',
  idents: exports,
  binaryName: described.napi.binaryName,
  packageName: described.napi.packageName,
  version: described.version,
  outputDir: folder,
})
