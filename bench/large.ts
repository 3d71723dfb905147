/**
 * One completion edited in a cleaned file of 5 MB: thousands of completions, all of them different programs. In watch
 * mode from the save to the verdict that is printed, saved as editors do (in place, and by renaming another file onto
 * it); and a single run. Beside it what reading that file once takes: no save can be answered in less.
 */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { parseQuestions } from '../stages/questions/read.ts'
import { mb, median, more, ms, note, quantile, rounds } from './compare.ts'
import { nothingToDo, program, project } from './program.ts'
import type { Scale } from './scale.ts'
import { Watching } from './watching.ts'

const cleaned = 'data/cleaned/large.toml'

interface Shape {
  readonly questions: number
  readonly completions: number
  readonly testcases: number
}

/** `usual`: a third of such a file, because each of its programs has to be executed first. */
export async function large(scale: Scale): Promise<void> {
  for (const shape of shapesFor(scale)) {
    const root = madeLarge(shape)
    try {
      await program(root, '--quiet')
      await edits(root, shape, { short: 2, usual: 15, full: 30 }[scale])
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }
}

function shapesFor(scale: Scale): readonly Shape[] {
  if (scale === 'short') return [{ questions: 3, completions: 10, testcases: 1 }]
  if (scale === 'usual') return [{ questions: 50, completions: 33, testcases: 1 }]
  return [
    { questions: 50, completions: 100, testcases: 1 },
    { questions: 5, completions: 1000, testcases: 1 },
  ]
}

/** `root`: a workspace of that shape that is built. */
export async function edits(root: string, shape: Shape, count: number): Promise<void> {
  const say = (what: string, value: string, goal?: string) =>
    note('large', `${shape.questions} × ${shape.completions}: ${what}`, value, goal)
  const text = readFileSync(join(root, cleaned), 'utf8')
  const size = `${(text.length / 1e6).toFixed(1)} MB`
  const parsing = await timed(5, () => parse(text, { integersAsBigInt: true }))
  // Each time another text at its end: all questions but the last are known then, as after an edit.
  const reading = await timed(5, () => parseQuestions(`${text}# ${process.hrtime.bigint()}\n`))
  say(`the file of ${size}: parsed by smol-toml / read after an edit`, `${ms(parsing)} / ${ms(reading)}`)

  const { times, peakMB } = await watched(root, shape, count)
  const told = `${ms(median(times))} (${(median(times) / parsing).toFixed(1)} × parsing the file once)`
  say(`watch mode, save to verdict, ${count} edits: median`, told, '2 ×')
  say('watch mode, save to verdict: 95th percentile', ms(quantile(times, 0.95)))
  say('watch mode, peak memory', mb(peakMB))

  const peaks: number[] = []
  const { quiet = Number.NaN, edited = Number.NaN } = await rounds(Math.min(5, count), {
    quiet: () => nothingToDo(root),
    edited: async () => {
      inPlace(join(root, cleaned), changed(root, 3 * peaks.length, 'by a single run'))
      const run = await program(root, '--quiet')
      peaks.push(run.peakMB)
      return run.seconds
    },
  })
  say('a single run after an edit', `${ms(edited)} (${more(edited - quiet)} to one with nothing to do)`)
  say('a single run after an edit, peak memory', mb(median(peaks)))
}

async function watched(root: string, { questions, completions }: Shape, count: number) {
  return await Watching.during(root, async (watching) => {
    const times: number[] = []
    for (let round = 0; round < count; round++) {
      const nth = (round * 1237 + 11) % (questions * completions)
      const [question, sample] = [Math.floor(nth / completions), nth % completions]
      const text = changed(root, nth, `watched ${round}`)
      const save = round % 2 === 0 ? inPlace : byRename
      const verdict = new RegExp(`^\\S+ question-${question} #${sample} passes`)
      times.push(await watching.edit(() => save(join(root, cleaned), text), verdict))
    }
    return { times, peakMB: watching.peakMB() }
  })
}

/** The cleaned file with another comment in one of its completions. */
function changed(root: string, nth: number, comment: string): string {
  const text = readFileSync(join(root, cleaned), 'utf8')
  return text.replace(new RegExp(`# attempt ${nth}:.*`), `# attempt ${nth}: ${comment} ${Date.now()}`)
}

function inPlace(path: string, text: string): void {
  writeFileSync(path, text)
}

function byRename(path: string, text: string): void {
  writeFileSync(`${path}~`, text)
  renameSync(`${path}~`, path)
}

async function timed(rounds: number, run: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = process.hrtime.bigint()
    run()
    times.push(Number(process.hrtime.bigint() - started) / 1e9)
  }
  return median(times)
}

export function madeLarge(shape: Shape): string {
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-bench-'))
  mkdirSync(join(root, 'data/questions'), { recursive: true })
  const numbers = Array.from({ length: shape.questions }, (_, number) => number)
  const questions = numbers.map((number) => questionText(number, shape.testcases))
  writeFileSync(join(root, 'data/questions/large.toml'), questions.join('\n'))
  const recording = numbers.map((number) => {
    const nth = (sample: number) => number * shape.completions + sample
    const completions = Array.from({ length: shape.completions }, (_, sample) => answer(nth(sample)))
    return JSON.stringify({ id: `question-${number}`, completions })
  })
  writeFileSync(join(root, 'recording.jsonl'), `${recording.join('\n')}\n`)
  writeFileSync(join(root, 'pipeline.ts'), pipelineText(shape.completions))
  return root
}

function pipelineText(n: number): string {
  return `import { clean, generate, pipeline, recorded, report, test } from '${join(project, 'stages/index.ts')}'
export default pipeline({
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: ${n} }),
  clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),
  report: report({ from: 'data/results/%.toml', to: 'data/report' }),
})
`
}

function questionText(number: number, testcases: number): string {
  const cases = Array.from(
    { length: testcases },
    (_, index) =>
      `[[questions.testcases]]\ncode = 'print(counted("abracadabra ${index}"))'\nexpect = '${index === 0 ? 5 : 6}'\n`,
  )
  return `[[questions]]\nid = 'question-${number}'\nprompt = '''\nWrite a function counted(text) that counts the letter a in it. (${number})\n'''\n\n${cases.join('\n')}`
}

/** Some 900 characters, as models answer; every fifth is wrong. */
function answer(nth: number): string {
  const start = nth % 5 === 4 ? 1 : 0
  return `Here is a function that does what you asked for:

\`\`\`python
def counted(text):
    """Return how often the letter a stands in the text.

    The text is read once, from its beginning to its end, and each
    of its letters is compared with the one that is looked for.
    An empty text has none of them, so 0 is returned for it.
    """
    # attempt ${nth}: count them one by one
    wanted = 'a'
    total = ${start}
    position = 0
    while position < len(text):
        letter = text[position]
        if letter == wanted:
            # another one was found, at this very position
            total = total + 1
        position = position + 1
    # now all of the letters have been looked at
    if total < 0:
        raise ValueError("there can't be fewer than none of them")
    return total


def counted_in_all(texts):
    """Return how often the letter stands in all of the texts together."""
    return sum(counted(text) for text in texts)
\`\`\`

It looks at each letter of the text once.
`
}
