/**
 * `npm run bench`: all benches, one table at the end. Each figure is a ratio of things measured in one run; run it on a
 * machine that does nothing else.
 *
 *     npm run bench                  everything (several minutes)
 *     npm run bench -- --short       small sizes: shows that each bench runs, its figures mean nothing
 *     npm run bench -- noop edit     some of them
 */
import { resolve } from 'node:path'
import { agreement } from './agreement.ts'
import { clean } from './clean.ts'
import { measure, ms, note, table } from './compare.ts'
import { edit } from './edit.ts'
import { generate } from './generate.ts'
import { large } from './large.ts'
import { dropped, made, type Size, usual } from './made.ts'
import { noop } from './noop.ts'
import { parity } from './parity.ts'
import { report } from './report.ts'
import { latency, rivalsMissing, throughput } from './throughput.ts'

const words = process.argv.slice(2)
const short = words.includes('--short')
const named = words.filter((word) => !word.startsWith('-'))
const wanted = (name: string) => named.length === 0 || named.includes(name)

const missing = await rivalsMissing()
if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}`)

if (wanted('throughput')) await throughput(short)
if (wanted('latency')) await latency()
if (wanted('generate')) await generate(short)
if (wanted('parity')) await parity(short)
if (wanted('agreement')) await agreement(short)
if (wanted('clean')) await clean(short)
if (wanted('large')) await large(short)
if (wanted('noop') || wanted('edit') || wanted('report')) {
  const size: Size = short ? { files: 20, completions: 10, testcases: 2 } : usual
  const root = made(size)
  const built = await measure(
    process.execPath,
    [resolve(import.meta.dirname, '../engine/bin.mjs'), '--quiet'],
    root,
  )
  if (built.code !== 0) throw new Error(`the workspace could not be built: ${built.stdout}`)
  note(
    'build',
    `${size.files} files × ${size.completions} × ${size.testcases}, first build`,
    `${ms(built.seconds)}, ${built.peakMB.toFixed(0)} MB`,
  )
  const again = await measure(
    process.execPath,
    [resolve(import.meta.dirname, '../engine/bin.mjs'), '--quiet'],
    root,
  )
  note('build', 'the run after it (files are stamped)', ms(again.seconds))
  if (wanted('noop')) await noop(root, size)
  if (wanted('edit')) await edit(root, size)
  if (wanted('report')) await report(root, size)
  dropped(root)
}
console.log(`\n${table()}`)
