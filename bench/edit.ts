/** One completion edited: a single run, and in watch mode from the save to the verdict that is printed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { measure, median, ms, note, quantile } from './compare.ts'
import type { Size } from './made.ts'
import { Watching } from './watching.ts'

const bin = resolve(import.meta.dirname, '../engine/bin.mjs')

/** `root`: a made workspace that is built. Leaves it built. */
export async function edit(root: string, size: Size): Promise<void> {
  const quiet: number[] = []
  const edited: number[] = []
  for (let round = 0; round < 5; round++) {
    quiet.push((await measure(process.execPath, [bin, '--quiet'], root)).seconds)
    change(root, round % size.files, `single run ${process.hrtime.bigint()}`)
    edited.push((await measure(process.execPath, [bin, '--quiet'], root)).seconds)
  }
  note('edit', 'a run with nothing to do', ms(median(quiet)))
  note(
    'edit',
    'a run after one completion was edited',
    `${ms(median(edited))} (+ ${ms(median(edited) - median(quiet))})`,
  )
  const times = await watched(root, size, 50)
  note('edit', `watch mode, save to verdict, ${times.length} edits: median`, ms(median(times)))
  note('edit', 'watch mode, save to verdict: 95th percentile', ms(quantile(times, 0.95)))
}

async function watched(root: string, size: Size, edits: number): Promise<number[]> {
  const watching = await Watching.start(root)
  const times: number[] = []
  for (let round = 0; round < edits; round++) {
    const save = () => change(root, (round * 37) % size.files, `watched ${process.hrtime.bigint()}`)
    times.push(await watching.edit(save, /passes \d+ of \d+/))
  }
  await watching.end()
  return times
}

/** Types a comment into the first completion of a file: another program, to be executed for each test case. */
function change(root: string, file: number, text: string): void {
  const path = join(root, `data/cleaned/q${String(file).padStart(5, '0')}.toml`)
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, before.replace(/ {4}# .*/, `    # ${text}`))
}
