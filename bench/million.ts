/**
 * A million results of a few distinct executions: whether that builds, rebuilds and reports at all, how long it takes
 * and what it holds in memory. It takes minutes, so it is run by name only; `--usual` makes a quarter of a million.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Measured, mb, note } from './compare.ts'
import { compareBy, editCompletion, resultsIn, type Size, within } from './made.ts'
import { program } from './program.ts'
import type { Scale } from './scale.ts'

export async function million(scale: Scale): Promise<void> {
  const size: Size = {
    files: { short: 10, usual: 1250, full: 5000 }[scale],
    completions: scale === 'short' ? 5 : 50,
    testcases: 4,
  }
  const say = (what: string, { seconds, peakMB }: Measured) =>
    note(
      'million',
      `${resultsIn(size).toLocaleString('en')} results: ${what}`,
      `${seconds.toFixed(1)} s, ${mb(peakMB)}`,
    )
  await within(size, async (root) => {
    const run = (...args: readonly string[]) => program(root, '--quiet', ...args)
    say('first build', await run())
    say('the run after it', await run())
    say('nothing to do', await run())
    editCompletion(root, size.files - 1, 'one of a million')
    say('one completion edited', await run())
    compareBy(root, 'fuzzy')
    say('all scored anew', await run())
    say('the report made anew', await run('--force', 'report'))
    say('nothing to do, at last', await run())
    const bytes = statSync(join(root, 'data/report/report.html')).size
    note('million', 'report.html', mb(bytes / 1e6))
  })
}
