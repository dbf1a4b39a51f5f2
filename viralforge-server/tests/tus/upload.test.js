// The real tus-js-client against the host.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { json, kill, start, until } from './host.js'
import { upload, video } from './upload.js'

const data = await mkdtemp(join(tmpdir(), 'viralforge-tus-'))
after(() => rm(data, { recursive: true }))

test('an upload in parallel parts becomes one', async () => {
  const { server, url } = await start(data)
  const { asset_id: id } = await json(await upload({ endpoint: `${url}/v1/uploads`, parallelUploads: 3 }))
  const asset = await until(`${url}/v1/assets/${id}`, ({ state }) => state !== 'quarantined')
  assert.deepEqual([asset.state, asset.bytes], ['accepted', video.length])
  await kill(server)
})
