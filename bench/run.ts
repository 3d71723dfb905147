/**
 * `npm run bench`: all benches, one table at the end. Each figure is to be read beside the others of its run; run it on a
 * machine that does nothing else.
 *
 *     npm run bench                  all but `million`, in under ten minutes: those with a goal whole, the others in part
 *     npm run bench -- noop edit     some of them, whole
 *     npm run bench -- edit --usual  some of them, at the sizes of the first
 *     npm run bench -- --short       all of them at small sizes: shows that each runs, its figures mean nothing
 *
 * A bench that can't run is said and makes the exit status 1; the others go on. A slow machine fails nothing.
 */
import { agreement } from './agreement.ts'
import { clean } from './clean.ts'
import { mb, ms, note, table } from './compare.ts'
import { edit } from './edit.ts'
import { first } from './first.ts'
import { generate } from './generate.ts'
import { growth } from './growth.ts'
import { large } from './large.ts'
import { type Size, shapeOf, usual, within } from './made.ts'
import { million } from './million.ts'
import { noop } from './noop.ts'
import { parity } from './parity.ts'
import { program, project } from './program.ts'
import { report } from './report.ts'
import { rescore } from './rescore.ts'
import type { Scale } from './scale.ts'
import { latency, throughput } from './throughput.ts'

/** In one built workspace, one after the other. */
const shared = { noop, edit, rescore, report }
const alone = { first, large, growth, million, latency, throughput, generate, clean, parity, agreement }

const words = process.argv.slice(2)
const short = words.includes('--short')
const named = words.filter((word) => !word.startsWith('-'))
const unknown = named.filter((name) => !(name in shared || name in alone))
if (unknown.length > 0)
  throw new Error(
    `no bench ${unknown.join(', ')}; there are ${Object.keys({ ...shared, ...alone }).join(', ')}`,
  )

const scale: Scale = short ? 'short' : named.length > 0 && !words.includes('--usual') ? 'full' : 'usual'
const wanted = (name: string) => (named.length > 0 ? named.includes(name) : short || name !== 'million')

const started = performance.now()
// What the program prepares once is no bench's.
await program(project, '--version')
const size: Size = short ? { files: 20, completions: 10, testcases: 2 } : usual
if (Object.keys(shared).some(wanted))
  await attempt('build', () =>
    within(size, async (root) => {
      await build(root)
      for (const [name, bench] of Object.entries(shared))
        if (wanted(name)) await attempt(name, () => bench(root, size, scale))
    }),
  )
for (const [name, bench] of Object.entries(alone)) if (wanted(name)) await attempt(name, () => bench(scale))
const all = (performance.now() - started) / 1000
note(
  'all',
  `benches, ${scale} size`,
  `${all.toFixed(0)} s`,
  { short: '120 s', usual: '600 s', full: '' }[scale],
)
console.log(`\n${table()}`)

async function build(root: string): Promise<void> {
  const { seconds, peakMB } = await program(root, '--quiet')
  note('build', `${shapeOf(size)}, first build: time`, ms(seconds))
  note('build', `${shapeOf(size)}, first build: peak memory`, mb(peakMB), '600 MB')
  const again = await program(root, '--quiet')
  note('build', 'the run after it (files are stamped)', ms(again.seconds))
}

async function attempt(name: string, run: () => Promise<void>): Promise<void> {
  const began = performance.now()
  try {
    await run()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    note(name, 'could not run', why.trim().replace(/\s+/g, ' ').slice(0, 300))
    process.exitCode = 1
  }
  console.log(`             ${name} took ${((performance.now() - began) / 1000).toFixed(0)} s`)
}
