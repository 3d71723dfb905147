/** The report alone: all of it made anew, and after one edit, against a run with nothing to do. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { measure, median, ms, note } from './compare.ts'
import type { Size } from './made.ts'

const project = resolve(import.meta.dirname, '..')
const bin = join(project, 'engine/bin.mjs')

/** `root`: a made workspace that is built. Its results are the sources here, with a cache and a report of their own. */
export async function report(root: string, size: Size): Promise<void> {
  writeFileSync(
    join(root, 'report.ts'),
    `import { pipeline, report } from '${join(project, 'stages/index.ts')}'
export default pipeline({
  report: report({ from: 'data/results/%.toml', to: 'data/report alone', completions: 'data/completions/%.toml' }),
})
`,
  )
  const cache = join(root, 'report cache')
  const run = async () =>
    measure(process.execPath, [bin, '--file', 'report.ts', '--cache', cache, '--quiet'], root)
  const full = await run()
  const quiet: number[] = []
  const edited: number[] = []
  const judged: number[] = []
  for (let round = 0; round < 5; round++) {
    const path = join(root, `data/results/q${String(round % size.files).padStart(5, '0')}.toml`)
    // The first one looks at what was written before.
    await run()
    quiet.push((await run()).seconds)
    change(path, (text) => text.replace(/ {4}# .*/, `    # report ${round}`))
    edited.push((await run()).seconds)
    await run()
    change(path, (text) => text.replace(/^(verdicts = .*)'failed'/m, "$1'error'"))
    judged.push((await run()).seconds)
  }
  const more = (seconds: readonly number[]) => {
    const difference = median(seconds) - median(quiet)
    return `${ms(difference)} (1/${(full.seconds / difference).toFixed(0)} of all)`
  }
  note('report', `${size.files} files × ${size.completions} × ${size.testcases}: all of it`, ms(full.seconds))
  note('report', 'a run with nothing to do', ms(median(quiet)))
  note('report', 'after another text of one completion, more than that', more(edited))
  note('report', 'after another verdict (charts are drawn anew), more than that', more(judged))
  note('report', 'peak memory', `${full.peakMB.toFixed(0)} MB`)
  rmSync(cache, { recursive: true })
}

function change(path: string, edit: (text: string) => string): void {
  const before = readFileSync(path, 'utf8')
  const after = edit(before)
  if (after === before) throw new Error(`nothing to change in ${path}`)
  writeFileSync(path, after)
}
