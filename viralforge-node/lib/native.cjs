'use strict'

/** The native half; private. */
try {
  module.exports = require('../native.cjs')
} catch (cause) {
  const platform = `${process.platform}-${process.arch}`
  const message =
    `viralforge has no addon for ${platform}: install the package of this platform (@viralforge/node-${platform}…), or ` +
    'build it in a checkout of the repository with `npm run install`'
  throw new Error(message, { cause })
}
