'use strict'

const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

const workspace = join(__dirname, '..', '..')

/** The cargo flags that fit the FFmpeg which `make ffmpeg` found or built. */
function cargoFlags() {
  const config = join(workspace, '.cargo', 'config.toml')
  const text = existsSync(config) ? readFileSync(config, 'utf8') : ''
  const feature = /^VIRALFORGE_FFMPEG_FEATURE = "(.*)"/m.exec(text)?.[1]
  return feature && feature !== 'ffmpeg7_1' ? ['--no-default-features', '--features', feature] : []
}

module.exports = { cargoFlags, workspace }
