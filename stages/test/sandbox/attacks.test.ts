/** The attacks of attacks.ts, each beside a harmless neighbour whose verdict must be right at any moment. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Outcome, Worker } from './index.ts'
import { attacks } from './testing/attacks.ts'
import { harmless, layBait, right } from './testing/bait.ts'
import { eachNative } from './testing/index.ts'

const bait = layBait(test)

/** Runs the harmless program again and again until told to stop; answers how often, and what was wrong. */
async function neighbour(
  worker: Worker,
  stopped: () => boolean,
): Promise<{ runs: number; wrong: Outcome[] }> {
  const wrong: Outcome[] = []
  let runs = 0
  for (; !stopped(); runs++) {
    const outcome = await worker.run(harmless, new AbortController().signal)
    if (outcome.stdout !== right) wrong.push(outcome)
  }
  return { runs, wrong }
}

eachNative(test, (bench, needs) => {
  needs('every attack fails, and no neighbour notices', async () => {
    const other = (await bench.sandbox()).start()
    let over = false
    const beside = neighbour(other, () => over)
    const succeeded: string[] = []
    try {
      for (const { tries, program, wish, fails } of attacks(bait)) {
        const outcome = await bench.run(program, wish)
        if (!fails(outcome)) succeeded.push(`${tries}: ${JSON.stringify(outcome).slice(0, 400)}`)
        const after = await bench.run(harmless.answer, { code: harmless.code, capture: 'testcase' })
        if (after.stdout !== right) succeeded.push(`after ${tries}: ${JSON.stringify(after).slice(0, 400)}`)
      }
    } finally {
      over = true
      const { runs, wrong } = await beside
      await other.close()
      assert.equal(wrong, [])
      assert.ok(runs > 20)
    }
    assert.equal(succeeded, [])
  })
})

test.run()
