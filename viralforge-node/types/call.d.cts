import type { Readable, Writable } from 'node:stream'

/**
 * Where media comes from: a path, a `file:` URL, bytes, or a stream that is read to its end. Bytes are copied before
 * the call returns. A long stream goes through a private temporary file.
 */
export type Source =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>

/**
 * Where a result goes. A file appears under its path once it is complete, or not at all. A stream gets all of it at the
 * end of a successful call, with backpressure, and is ended; nothing is written to it otherwise.
 */
export type Output = string | URL | Writable

/** What a call is doing right now. */
export type Stage = 'probe' | 'validate' | 'sanitize' | 'analyze' | 'thumbnails' | 'render'

/** How far a call has come. */
export interface Progress {
  /** What it is doing. */
  readonly stage: Stage
  /** Share of the whole call that is done, 0 to 1. Never falls; 1 is reported once, at the end. */
  readonly fraction: number
  /** Seconds since the call began to run; waiting for its turn does not count. */
  readonly elapsedSeconds: number
  /** Estimate of the seconds that are left; `null` until there is something to go by. */
  readonly etaSeconds: number | null
}

/** What a source may cost. Each bound is inclusive; exceeding one rejects with `limit_exceeded`. */
export interface Limits {
  /** Size of the file in bytes. @default 17179869184 */
  readonly maxInputBytes?: number
  /** Length of the media in seconds. @default 43200 */
  readonly maxDurationSeconds?: number
  /** Tracks in the file, attachments included. @default 64 */
  readonly maxStreams?: number
  /** Pixels of one picture. @default 35389440 */
  readonly maxFramePixels?: number
  /** Decoded pictures. @default 5000000 */
  readonly maxFrames?: number
  /** Channels of one sound track. @default 64 */
  readonly maxAudioChannels?: number
  /** Samples a second of one sound track, in hertz. @default 768000 */
  readonly maxSampleRateHz?: number
  /** Bytes of decoded pictures and sound, summed over the whole call. @default 70368744177664 */
  readonly maxDecodedBytes?: number
  /** Memory that the pictures of one decoder may take, in bytes. @default 4294967296 */
  readonly maxMemoryBytes?: number
  /** How long the call may take, in seconds. @default 21600 */
  readonly maxWallTimeSeconds?: number
}

/** What every verb takes beside its own options. */
export interface CallOptions {
  /** Stops the call, which then rejects with the signal's own reason and leaves no file behind. */
  readonly signal?: AbortSignal
  /**
   * Called with the progress, at most about twenty times a second. What it throws stops the call, which then rejects
   * with it.
   */
  readonly onProgress?: (progress: Progress) => void
  /** Upper bounds for reading the source. */
  readonly limits?: Limits
}

/** The kinds of tracks a file may hold. */
export type TrackKind = 'video' | 'audio' | 'subtitle' | 'data' | 'attachment'

/**
 * Why a call did not do what it was asked:
 *
 * - `invalid_option`: an option has a value that the verb cannot work with; see `option`
 * - `malformed`: the file is broken, cut short, or not what it claims to be
 * - `unsupported`: this build cannot read or write such a thing
 * - `missing_track`: the verb needs a track that the file does not have; see `track`
 * - `limit_exceeded`: see `limit`, `actual` and `allowed`
 * - `cancelled`: only where the thread that waited is ending; an aborted signal gives its own reason
 * - `io`: reading the source or writing the output failed; see `systemCode`
 * - `backend`: a fault of this library; please report it
 */
export type ErrorCode =
  | 'invalid_option'
  | 'malformed'
  | 'unsupported'
  | 'missing_track'
  | 'limit_exceeded'
  | 'cancelled'
  | 'io'
  | 'backend'

/**
 * Every error that this package raises on purpose, except for wrong arguments, which are a `TypeError`. The message is
 * one line and may change; the code is stable.
 */
export class ViralforgeError extends Error {
  private constructor()
  /** The stable class of this error, the same in every language. */
  readonly code: ErrorCode
  /** With `invalid_option`: which. */
  readonly option?: string
  /** With `limit_exceeded`: which of the `Limits`. */
  readonly limit?: keyof Limits
  /** With `limit_exceeded`: what the file asks for. */
  readonly actual?: string
  /** With `limit_exceeded`: what is allowed. */
  readonly allowed?: string
  /** With `missing_track`: what kind of track. */
  readonly track?: TrackKind
  /** With `io`: the operating system's name of the error, where it is one: `ENOENT`, `EACCES`, `ENOSPC` … */
  readonly systemCode?: string
}
