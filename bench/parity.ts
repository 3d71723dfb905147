/** Verdicts on real completions against the reference verdicts of the corpora: every one, and each that differs. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { corpora } from '../engine/testing/parts.ts'
import type { QuestionFile } from '../stages/questions/model.ts'
import { parseQuestions } from '../stages/questions/read.ts'
import { writeQuestions } from '../stages/questions/write.ts'
import { type Native, natives, probeNative } from '../stages/test/sandbox/testing/index.ts'
import { measure, note } from './compare.ts'
import { notHere } from './parts.ts'
import { bin, project } from './program.ts'
import type { Scale } from './scale.ts'

const patterns = { from: 'cleaned/%.toml', to: 'results/%.toml' }

export interface CorpusSet {
  readonly corpus: string
  readonly file: string
}

export const sets: readonly CorpusSet[] = [
  { corpus: 'humaneval', file: 'canonical' },
  { corpus: 'humaneval', file: 'mapcoder-gpt4turbo-analogical.cleaned' },
  { corpus: 'humaneval', file: 'mapcoder-gpt4turbo-cot.cleaned' },
  { corpus: 'humaneval', file: 'mapcoder-gpt4turbo-selfplanning.cleaned' },
  { corpus: 'humaneval', file: 'reflexion-simple-gpt-4' },
  { corpus: 'humaneval', file: 'codegen-16b-mono-n100.cleaned' },
  { corpus: 'mbpp', file: 'canonical' },
  { corpus: 'apps', file: 'mapcoder-gpt4-turbo-direct.cleaned' },
  { corpus: 'apps', file: 'mapcoder-gpt4-turbo-cot.cleaned' },
]

export interface Parity {
  readonly compared: number
  /** `id #sample: reference, ours` */
  readonly differing: readonly string[]
  /**
   * Right by the reference, which looks at no output; here what is printed counts, and the answer prints something of its
   * own while it is tested, before the expected text at the end.
   */
  readonly talkative: readonly string[]
  readonly executions: number
  readonly seconds: number
}

/**
 * `full`: every verdict in bwrap, and in the containers of each engine every twentieth of the largest set. `usual`: a
 * sample of each set in bwrap; the project's tests have more of them.
 */
export async function parity(scale: Scale): Promise<void> {
  if (corpora === undefined) return notHere('parity', 'real completions', 'no corpora')
  for (const native of scale === 'usual' ? natives.slice(0, 1) : natives) {
    const probe = await probeNative(native)
    if (probe.usable) await parityIn(native, scale)
    else notHere('parity', native.name, probe.why)
  }
}

function strideOf({ name }: Native, { file }: CorpusSet, scale: Scale): number {
  const large = file.startsWith('codegen')
  if (scale !== 'full') return large ? 200 : 20
  return name !== 'bwrap' && large ? 20 : 1
}

async function parityIn(native: Native, scale: Scale): Promise<void> {
  const takes = (index: number, set: CorpusSet) => index % strideOf(native, set, scale) === 0
  for (const set of scale === 'short' ? sets.slice(0, 1) : sets) {
    const { compared, differing, talkative, executions, seconds } = await compare(
      set,
      (index) => takes(index, set),
      native,
    )
    const equal = compared - differing.length - talkative.length
    const others = talkative.length > 0 ? `, ${talkative.length} print while they are tested` : ''
    note(
      'parity',
      `${native.name}: ${set.corpus}/${set.file}`,
      `${equal} of ${compared}${others} (${executions} executions, ${seconds.toFixed(0)} s)`,
    )
    for (const line of [...differing, ...talkative]) console.log(`             differs: ${line}`)
  }
}

/** Tests those completions of a set whose running number `takes` accepts, through the command line. */
export async function compare(
  { corpus, file }: CorpusSet,
  takes: (index: number) => boolean,
  { name, settings }: Native = natives[0],
): Promise<Parity> {
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-parity-'))
  mkdirSync(join(root, 'cleaned'))
  const truth = truthOf(`${corpora}/${corpus}/truth/${file}.jsonl`)
  let index = 0
  const texts = completionsOf(`${corpora}/${corpus}/cleaned/${file}.jsonl`)
  const parsed = parseQuestions(readFileSync(`${corpora}/${corpus}/questions.toml`, 'utf8'))
  if (!('file' in parsed)) throw new Error('the corpus does not parse')
  const questions = parsed.file.questions.flatMap((question) => {
    const completions = (texts.get(question.id) ?? []).flatMap((text, sample) =>
      takes(index++)
        ? [{ completion: (corpus === 'humaneval' ? (question.answer_preload ?? '') : '') + text, sample }]
        : [],
    )
    return completions.length > 0 ? [{ ...question, completions }] : []
  })
  // Twenty questions a file, so that files are tested side by side as in real use.
  for (let at = 0; at < questions.length; at += 20)
    writeFileSync(
      join(root, `cleaned/${at}.toml`),
      writeQuestions({ questions: questions.slice(at, at + 20) }),
    )
  const options = JSON.stringify({ ...patterns, sandbox: name, cpuSeconds: 10, ...settings })
  writeFileSync(
    join(root, 'pipeline.ts'),
    `import { pipeline, test } from '${project}/stages/index.ts'\nexport default pipeline({ test: test(${options}) })\n`,
  )
  const { stdout, code } = await measure(process.execPath, [bin, '--json'], root)
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    executions: number
    seconds: number
  }
  if (code !== 0) throw new Error(`exit ${code}: ${stdout.slice(-2000)}`)
  const differing: string[] = []
  const talkative: string[] = []
  for (let at = 0; at < questions.length; at += 20) {
    for (const { id, completions } of resultsOf(join(root, `results/${at}.toml`)).questions)
      for (const { sample, results, verdicts, runs } of completions) {
        const expected = truth.get(`${id} #${sample}`)
        if (results?.every(Boolean) === expected) continue
        const line = `${id} #${sample}: reference ${expected}, ours ${verdicts?.join(' ')}`
        const talks =
          corpus === 'humaneval' && expected && runs?.every(({ got = '' }) => /\nOK\s*$/.test(got))
        if (talks) talkative.push(line)
        else differing.push(line)
      }
  }
  rmSync(root, { recursive: true })
  return {
    compared: questions.reduce((sum, { completions }) => sum + completions.length, 0),
    differing,
    talkative,
    executions: summary.executions,
    seconds: summary.seconds,
  }
}

function resultsOf(path: string): QuestionFile {
  const parsed = parseQuestions(readFileSync(path, 'utf8'))
  if (!('file' in parsed)) throw new Error(`${path} does not parse`)
  return parsed.file
}

function completionsOf(path: string): Map<string, string[]> {
  if (!existsSync(path)) throw new Error(`no ${path}`)
  return new Map(
    linesOf(path).map((line) => {
      const { id, completions } = line as { id: string; completions: string[] }
      return [id, completions]
    }),
  )
}

function truthOf(path: string): Map<string, boolean> {
  return new Map(
    linesOf(path).map((line) => {
      const { id, sample, passed } = line as { id: string; sample: number; passed: boolean }
      return [`${id} #${sample}`, passed]
    }),
  )
}

function linesOf(path: string): unknown[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

export interface Program {
  readonly id: string
  readonly program: string
  readonly stdin: string
}

/** Each completion of a set with its question's first test case. */
export function programsOf({ corpus, file }: CorpusSet): Program[] {
  const texts = completionsOf(`${corpora}/${corpus}/cleaned/${file}.jsonl`)
  const parsed = parseQuestions(readFileSync(`${corpora}/${corpus}/questions.toml`, 'utf8'))
  if (!('file' in parsed)) throw new Error('the corpus does not parse')
  return parsed.file.questions.flatMap(({ id, answer_preload = '', testcases: [testcase] }) =>
    (texts.get(id) ?? []).map((text) => {
      const answer = (corpus === 'humaneval' ? answer_preload : '') + text
      return { id, program: `${answer}\n\n${testcase?.code ?? ''}`, stdin: testcase?.stdin ?? '' }
    }),
  )
}
