/** A first build in which everything is executed, against the same executions alone in a pool of as many workers. */
import { availableParallelism } from 'node:os'
import type { Execution } from '../stages/test/sandbox/index.ts'
import { mb, note, times } from './compare.ts'
import { codeOf, programOf, resultsIn, type Size, shapeOf, within } from './made.ts'
import { told } from './program.ts'
import type { Scale } from './scale.ts'
import { limits, warm } from './throughput.ts'

export async function first(scale: Scale): Promise<void> {
  const files = { short: 2, usual: 40, full: 200 }[scale]
  const size: Size = { files, completions: scale === 'short' ? 5 : 10, testcases: 4, distinct: true }
  const executions = executionsOf(size)
  const half = executions.length / 2
  const workers = availableParallelism()
  // Half of them before and half after: a slow minute of the machine must not go to one side.
  const before = half / (await warm(executions.slice(0, half), 'bwrap', workers))
  await within(size, async (root) => {
    const built = await told(root, '--sandbox', 'bwrap')
    if (built.summary['executions'] !== executions.length)
      throw new Error(`${built.summary['executions']} of ${executions.length} executions were made`)
    const after = half / (await warm(executions.slice(half), 'bwrap', workers))
    const alone = before + after
    note('first', `${executions.length} executions alone, ${workers} workers`, `${alone.toFixed(1)} s`)
    note(
      'first',
      `${shapeOf(size)}, all distinct: first build`,
      `${times(built.seconds / alone)} (${built.seconds.toFixed(1)} s)`,
      '1.15 ×',
    )
    note('first', 'peak memory', mb(built.peakMB), '600 MB')
  })
}

/** What the pipeline is to execute, in its order. */
function executionsOf(size: Size): Execution[] {
  return Array.from({ length: resultsIn(size) }, (_, nth) => {
    const completion = Math.floor(nth / size.testcases)
    const file = Math.floor(completion / size.completions)
    return {
      answer: programOf(size, file, completion % size.completions),
      code: codeOf(nth % size.testcases),
      stdin: '',
      files: [],
      capture: 'program',
      echoStdin: false,
      stderr: 'apart',
      limits,
    }
  })
}
