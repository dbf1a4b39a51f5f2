// Uploads with the real tus-js-client.
import { readFile } from 'node:fs/promises'
import { Upload } from 'tus-js-client'
import { headers } from './host.js'

export const video = await readFile(new URL('../../../examples/demo/sintel-trailer-720p-52s.mp4', import.meta.url))

/** Uploads the demo video; the address of the upload. */
export function upload(options) {
  return new Promise((resolve, reject) => {
    const client = new Upload(video, {
      headers,
      chunkSize: 1_000_000,
      metadata: { filename: 'sintel.mp4' },
      retryDelays: null,
      onError: reject,
      onSuccess: () => resolve(client.url),
      ...options,
      onChunkComplete: (size, accepted) => options.onChunkComplete?.(client, accepted, resolve),
    })
    client.start()
  })
}

/** Uploads the first two megabytes and stops; the address of the upload. */
export function uploadSome(endpoint) {
  return upload({
    endpoint,
    onChunkComplete: async (client, bytes, stopped) => {
      if (bytes >= 2_000_000) {
        await client.abort()
        stopped(client.url)
      }
    },
  })
}

/** Goes on with an upload; how much of it the server had. */
export async function resume(uploadUrl) {
  let before
  await upload({
    uploadUrl,
    onAfterResponse: (request, response) => {
      if (request.getMethod() === 'HEAD') before = Number(response.getHeader('upload-offset'))
    },
  })
  return before
}
