/**
 * How waits grow with the work: a run with nothing to do is to grow with the number of files only, and an edit with the
 * edited question only.
 */
import { median, more, ms, note, rounds, times } from './compare.ts'
import { watched } from './edit.ts'
import { editCompletion, type Size, shapeOf, within } from './made.ts'
import { nothingToDo, program } from './program.ts'
import type { Scale } from './scale.ts'

interface Built {
  readonly size: Size
  readonly root: string
}

export async function growth(scale: Scale): Promise<void> {
  await built(sizesFor(scale), [], async (all) => {
    const count = { short: 1, usual: 3, full: 5 }[scale]
    // All sizes in each round, so that a slow minute of the machine makes no growth.
    const rivals = all.flatMap(({ size, root }) => {
      const run = async () => (await program(root, '--quiet')).seconds
      let edits = 0
      const edited = () => {
        editCompletion(root, edits % size.files, `single run ${edits++}`)
        return run()
      }
      return [
        [`${shapeOf(size)} quiet`, () => nothingToDo(root)],
        [`${shapeOf(size)} edited`, edited],
      ] as const
    })
    const medians = await rounds(count, Object.fromEntries(rivals))
    const waits: Waits[] = []
    for (const { size, root } of all) {
      const quiet = medians[`${shapeOf(size)} quiet`] ?? Number.NaN
      const edit = (medians[`${shapeOf(size)} edited`] ?? Number.NaN) - quiet
      const live = median(await watched(root, size, { short: 2, usual: 10, full: 20 }[scale]))
      waits.push({ size, quiet, edit, live })
      const told = `${ms(quiet)}, an edit ${more(edit)}, in watch mode ${ms(live)}`
      note('growth', `${shapeOf(size)}: nothing to do`, told)
    }
    ratios(waits)
  })
}

interface Waits {
  readonly size: Size
  readonly quiet: number
  /** More than that, in a single run. */
  readonly edit: number
  readonly live: number
}

/** What must not grow: an edit with more files, and nothing to do with more completions. */
function ratios(waits: readonly Waits[]): void {
  const [least] = waits
  if (least === undefined) return
  const most = (of: 'files' | 'completions') =>
    waits.reduce((best, each) => (each.size[of] > best.size[of] ? each : best))
  const [files, completions] = [most('files'), most('completions')]
  const edits = `${times(files.edit / least.edit)}, in watch mode ${times(files.live / least.live)}`
  note('growth', `an edit with ${files.size.files / least.size.files} × the files`, edits, '1 ×')
  note(
    'growth',
    `nothing to do with ${completions.size.completions / least.size.completions} × the completions`,
    times(completions.quiet / least.quiet),
    '1 ×',
  )
}

function sizesFor(scale: Scale): readonly Size[] {
  const of = (files: number, completions: number): Size => ({ files, completions, testcases: 4 })
  if (scale === 'short') return [of(5, 2), of(20, 2), of(5, 20)]
  const files = scale === 'full' ? [100, 1000, 10_000] : [100, 1000]
  return [...files.map((count) => of(count, 5)), of(100, 50), of(100, 500)]
}

/** Builds a workspace of each size, and has all of them there at once. */
async function built(
  [size, ...more]: readonly Size[],
  before: readonly Built[],
  use: (all: readonly Built[]) => Promise<void>,
): Promise<void> {
  if (size === undefined) return await use(before)
  await within(size, async (root) => {
    await program(root, '--quiet')
    // The run after a build still stamps what the build wrote.
    await program(root, '--quiet')
    await built(more, [...before, { size, root }], use)
  })
}
