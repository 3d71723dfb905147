/**
 * A person edits the cleaned files in every way, the raw completions change in every way, and clean is run, killed,
 * disturbed and run again. After every run all that the person did stands where it belongs, or is set aside.
 *
 * `MACHINE_STEPS` sets how many steps are taken, `MACHINE_SEED` which ones.
 */
import * as fc from 'fast-check'
import { test } from 'uvu'
import { acts, type Step, step } from './testing/machine/acts.ts'
import { Machine } from './testing/machine/machine.ts'

const steps = Number(process.env['MACHINE_STEPS'] ?? 1000)
const seed = Number(process.env['MACHINE_SEED'] ?? Date.now() % 2 ** 31)
const stepsAWalk = 60

const walks = fc.array(step, { minLength: 1, maxLength: stepsAWalk, size: 'max' })

/** Takes the steps in a new folder; a run comes first and last. */
async function walk(taken: readonly Step[], last = (machine: Machine) => machine.run()): Promise<void> {
  const machine = new Machine()
  try {
    await machine.run()
    for (const { act, a, b, c } of taken) await acts[act]?.(machine, a, b, c)
    await last(machine)
  } finally {
    await machine.destroy()
  }
}

test(`whatever a person does and whatever changes, no edit is lost (seed ${seed})`, async () => {
  let done = 0
  await fc.assert(
    fc.asyncProperty(walks, async (taken) => {
      await walk(taken)
      done += taken.length
    }),
    {
      seed,
      numRuns: Math.ceil(steps / (stepsAWalk / 2)),
      includeErrorInReport: true,
      endOnFailure: process.env['MACHINE_NO_SHRINK'] !== undefined,
      interruptAfterTimeLimit: 1000 * Number(process.env['MACHINE_SECONDS'] ?? 300),
    },
  )
  console.error(`${done} steps`)
})

test(`a process that is killed loses no edit (seed ${seed})`, async () => {
  for (const [after, taken] of fc.sample(walks, { seed, numRuns: 6 }).entries())
    await walk(taken, (machine) => machine.killed(after * 30))
})

test.run()
