/** One completion edited, in a single run and in watch mode from the save to the verdict on screen; one prompt edited. */
import { median, more, ms, note, quantile, rounds } from './compare.ts'
import { editCompletion, editPrompt, type Size } from './made.ts'
import { nothingToDo, program } from './program.ts'
import type { Scale } from './scale.ts'
import { Watching } from './watching.ts'

/** `root`: a made workspace that is built. Leaves it built. */
export async function edit(root: string, size: Size, scale: Scale): Promise<void> {
  await singleRuns(root, size, scale === 'short' ? 2 : 5)
  const times = await watched(root, size, scale === 'short' ? 3 : 50)
  const what = `watch mode, save to verdict, ${times.length} edits`
  note('edit', `${what}: median`, ms(median(times)), '80 ms')
  note('edit', `${what}: 95th percentile`, ms(quantile(times, 0.95)), '200 ms')
}

async function singleRuns(root: string, { files }: Size, count: number): Promise<void> {
  const run = async () => (await program(root, '--quiet')).seconds
  let edits = 0
  const edited = (change: typeof editCompletion) => () => {
    change(root, edits % files, `single run ${edits++}`)
    return run()
  }
  const quiet = 'a run with nothing to do'
  const completion = 'one completion edited, a single run'
  const prompt = 'one prompt edited, its completions recorded, a single run'
  const medians = await rounds(count, {
    [quiet]: () => nothingToDo(root),
    [completion]: edited(editCompletion),
    [prompt]: edited(editPrompt),
  })
  const of = (name: string) => medians[name] ?? Number.NaN
  note('edit', quiet, ms(of(quiet)))
  note('edit', completion, `${more(of(completion) - of(quiet))} (${ms(of(completion))})`, '+ 150 ms')
  note('edit', prompt, `${more(of(prompt) - of(quiet))} (${ms(of(prompt))})`, '+ 250 ms')
}

/** Seconds of each edit; all in different files, as far as there are. */
export async function watched(root: string, { files }: Size, edits: number): Promise<number[]> {
  return await Watching.during(root, async (watching) => {
    const times: number[] = []
    for (let round = 0; round < edits; round++) {
      const save = () => editCompletion(root, (round * 37) % files, `watched ${process.hrtime.bigint()}`)
      times.push(await watching.edit(save, /passes \d+ of \d+/))
    }
    return times
  })
}
