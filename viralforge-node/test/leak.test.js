// Thousands of calls of every kind leave memory, files and threads as they were.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** Windows of calls after each of which memory is looked at; those at first show what is usual. */
const WINDOWS = 20
const FIRST = 6
/** Rounds a window, of ten calls each. */
const ROUNDS = 40
const CALLS = 10 * ROUNDS

test('thousands of calls leak nothing', (t) => {
  // With malloc's arenas, one for each thread, memory depends on which thread did what; with one arena it hardly moves.
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' }
  const program = fileURLToPath(new URL('leak.js', import.meta.url))
  const run = spawnSync(process.execPath, [program, String(WINDOWS), String(ROUNDS)], { encoding: 'utf8', env })
  assert.deepEqual({ status: run.status, stderr: run.stderr }, { status: 0, stderr: '' })
  const seen = JSON.parse(run.stdout).slice(FIRST)
  const last = seen.at(-1)
  assert.equal(last.files, seen[0].files)
  // One may be about to end.
  assert.ok(last.threads <= seen[0].threads + 5, `${seen[0].threads} threads before, ${last.threads} after`)
  // What leaks grows from each window to the next; where V8 or malloc see fit to hold more, it is a step or two.
  const growth = seen.slice(1).map(({ memory }, i) => (memory - seen[i].memory) / CALLS)
  growth.sort((a, b) => a - b)
  const median = growth[growth.length >> 1]
  t.diagnostic(`${median.toFixed(2)} KiB a call; from ${growth[0].toFixed(2)} to ${growth.at(-1).toFixed(2)}`)
  assert.ok(median < 4, `memory grows by ${median} KiB with each call`)
})
