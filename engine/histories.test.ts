/**
 * What is remembered of files and targets against reading them all: after whatever has happened to a folder, the same is
 * planned for the same reasons, and never is a result stale.
 *
 *     HISTORIES=5000 npm test -- histories      for a longer look
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Act, history } from './testing/histories/acts.ts'
import { type Clock, MovedClock, ownClock } from './testing/histories/clock.ts'
import { done, fullRun, History } from './testing/histories/history.ts'

const histories = Number(process.env['HISTORIES'] ?? 60)

async function live(acts: readonly Act[], parent: string, clock: (folder: string) => Clock): Promise<void> {
  const life = new History(parent, clock)
  try {
    // At first all is built, and known by its stamps.
    for (const act of [fullRun, fullRun, ...acts, fullRun]) await life.take(act)
  } finally {
    await life.end()
  }
}

/** Properties look at some `histories` each, at once, in a folder of their own. */
async function hold(
  where: string,
  clock: (folder: string) => Clock,
  counts: readonly number[],
): Promise<void> {
  const parent = mkdtempSync(join(where, 'codex-runner-histories-'))
  const property = fc.asyncProperty(history, (acts) => live(acts, parent, clock))
  const before = { ...done }
  try {
    const ends = await Promise.allSettled(
      counts.map((numRuns) => fc.assert(property, { numRuns, includeErrorInReport: true })),
    )
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  } finally {
    rmSync(parent, { recursive: true, force: true })
    console.log(
      `${done.acts - before.acts} acts, ${done.runs - before.runs} runs, ${done.glances - before.glances} of them at a glance`,
    )
    assert.ok(done.glances > before.glances)
  }
}

/** In memory, where a run takes a fifth of the time. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

test('whatever has happened, nothing is stale and nothing is built in vain', async () => {
  await hold(memory, (folder) => new MovedClock(join(folder, 'probe')), [histories])
})

test("the same on a disk and with the machine's own clock", async () => {
  await hold(
    tmpdir(),
    () => ownClock,
    Array.from({ length: 8 }, () => Math.ceil(histories / 100)),
  )
})

test.run()
