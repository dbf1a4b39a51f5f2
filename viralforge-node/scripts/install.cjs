'use strict'

// What `npm install` runs. Where there is an addon nothing is to be done; in a checkout, cargo builds it.

const { spawnSync } = require('node:child_process')

const { buildAddon, folder, isCheckout } = require('./cargo.cjs')

/** Tries it in a process of its own, which cannot take this one along. */
function loads() {
  const { status } = spawnSync(process.execPath, ['-e', "require('./native.cjs')"], { cwd: folder, stdio: 'ignore' })
  return status === 0
}

try {
  if (!loads() && isCheckout()) buildAddon()
} catch (error) {
  process.stderr.write(`viralforge: ${error.message}\n`)
  process.exitCode = 1
}
