/** All results scored anew by another comparison, with every execution cached; and back. */
import { mb, note } from './compare.ts'
import { compareBy, resultsIn, type Size } from './made.ts'
import { secondsOf, told } from './program.ts'

/** `root`: a made workspace that is built. Leaves it built. */
export async function rescore(root: string, size: Size): Promise<void> {
  // `fuzzy` gives what did not pass a score, so every file comes out different; then they are again as they were.
  for (const mode of ['fuzzy', 'exact'] as const) {
    compareBy(root, mode)
    const run = await told(root)
    const { executions = 0, built = 0, written = 0 } = run.summary
    if (executions > 0) throw new Error(`${executions} executions were made of what was cached`)
    if (built < size.files) throw new Error(`${built} targets were built`)
    const results = resultsIn(size)
    const each = `${((1e6 * run.seconds) / results).toFixed(0)} µs each`
    const parts = (['test', 'report'] as const).map((stage) => `${stage} ${seconds(secondsOf(run, stage))}`)
    note(
      'rescore',
      `${results.toLocaleString('en')} results, compare: '${mode}', ${written} files written`,
      `${seconds(run.seconds)}, ${each} (${parts.join(', ')}; ${mb(run.peakMB)})`,
      results === 200_000 ? '8 s' : '',
    )
  }
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`
}
