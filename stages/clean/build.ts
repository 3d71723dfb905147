/**
 * Builds one cleaned file. What the rules make of a completion is a unit of its own, so that a changed n or one new answer
 * cleans only what is new. The grammar is loaded only when some completion has to be cleaned.
 */
import {
  type Built,
  canonical,
  type Digest,
  Failure,
  fill,
  type Job,
  type Json,
  keyOf,
  type Output,
  type Saying,
  type Unit,
} from '../../engine/stage.ts'
import { asidePath } from '../questions/aside.ts'
import type { Completion, Question, QuestionFile } from '../questions/model.ts'
import { once } from '../questions/once.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { readQuestions } from '../questions/read.ts'
import { writeQuestions } from '../questions/write.ts'
import { idOf, withEntries } from './aside.ts'
import { asideText, readAside } from './aside-file.ts'
import { chainOf, type GivenRule, rulesVersion } from './chain.ts'
import { grownIn, mergeFile, newIn, total } from './file.ts'
import { movedHere } from './moved.ts'
import { noticesOf } from './notices.ts'
import { accept, askOf, isKnown, reset } from './orders.ts'
import type { Cleaned, Rule } from './rules.ts'
/** The stage's options that its work depends on; see CleanOptions. */
export interface Cleaning {
  readonly from: string
  readonly to: string
  readonly questions?: string
  readonly rules?: readonly GivenRule[]
}

export async function buildCleaned(job: Job, options: Cleaning): Promise<Built> {
  const { from, to, questions: homes = from, rules } = options
  const input = job.inputs[0]
  if (input === undefined || job.inputs.length > 1)
    throw new Failure(`clean builds one file from one, not from ${job.inputs.length}`)
  const { file, notices } = await readQuestions(await input.text(), input.path)
  const before = await job.previous(job.output)
  const asideFile = asidePath(to, job.output)
  const asideBefore = await job.previous(asideFile)
  const stood: Stood = {
    file: before === undefined ? undefined : (await readQuestions(before, job.output)).file,
    aside: await readAside(asideBefore, asideFile),
  }
  const cleaner = new Cleaner(job, rules)
  const bases = await Promise.all(file.questions.map((question) => cleaner.cleaned(question)))
  if (job.order?.verb === 'diff')
    return { outputs: [], display: await differences(job, file, bases, stood), style: 'diff' }

  const standing = decided(job, file, stood)
  const at = new Date()
  const fresh = newIn(file, standing.file)
  const grown = () => grownIn(file, standing.file)
  const moved = await movedHere({ fresh, grown }, job.shelf, { to, homes, name: job.name, at })
  const aside = withEntries(standing.aside, moved.aside)
  const merged = mergeFile(file, bases, { ...standing, aside, moved: moved.edits }, at)
  const home = fill(homes, job.name)
  const output: Output = { path: job.output, text: await textOf(merged.file, before) }
  // What is set aside is written before the file that loses it; what came back leaves when all is settled.
  const loose: Output[] =
    merged.aside === stood.aside
      ? []
      : [{ path: asideFile, text: await asideText(merged.aside, asideBefore), loose: true }]
  return {
    outputs: [...loose, output],
    notices: [
      ...(input.source ? notices : []),
      ...(await noticesOf(merged.merges, file.questions, job.output, {
        path: home,
        read: () => job.shelf.read(home),
      })),
    ],
    facts: Object.fromEntries(Object.entries(total(merged.merges)).filter(([, count]) => count > 0)),
  }
}

/** The cleaned file and its set-aside edits as a person left them. */
interface Stood {
  readonly file: QuestionFile | undefined
  readonly aside: readonly Question[]
}

/** The same after a person's order about them. */
function decided(job: Job, incoming: QuestionFile, stood: Stood): Stood {
  const { order } = job
  if (order === undefined || order.verb === 'diff') return stood
  const at = new Date()
  const sayings: Saying[] = []
  let standing = { questions: stood.file?.questions ?? [], aside: stood.aside }
  const ids = idsIn(standing.questions, standing.aside)
  for (const word of order.words) {
    const ask = askOf(word, ids)
    if (ask === undefined || !isKnown(ask, standing)) continue
    const theirs = incoming.questions.find(({ id }) => id === ask.id)
    const carried = order.verb === 'accept' ? accept(ask, theirs, standing) : reset(ask, theirs, standing, at)
    sayings.push(carried.saying)
    standing = carried
    order.take(word, standing.questions.some(({ id }) => id === ask.id) ? job.output : undefined)
  }
  for (const saying of sayings) job.say(saying)
  return {
    file: stood.file && { ...stood.file, questions: standing.questions },
    aside: standing.aside,
  }
}

function idsIn(...lists: readonly (readonly Question[])[]): ReadonlySet<string> {
  return new Set(lists.flat().map(idOf))
}

/** What `diff` shows. */
async function differences(
  job: Job,
  incoming: QuestionFile,
  bases: readonly (readonly Cleaned[])[],
  { file, aside }: Stood,
): Promise<string> {
  const { differencesOf } = await import('./differences.ts')
  const questions = file?.questions ?? []
  const ids = idsIn(questions)
  const parts: string[] = []
  for (const word of job.order?.words ?? []) {
    const ask = askOf(word, ids)
    const question = questions.find(({ id }) => id === ask?.id)
    if (ask === undefined || question === undefined) continue
    const index = incoming.questions.findIndex(({ id }) => id === ask.id)
    const text = differencesOf(ask, question, incoming.questions[index], bases[index] ?? [], aside)
    if (text === undefined) continue
    parts.push(text)
    job.order?.take(word, job.output)
  }
  return parts.join('\n')
}

function textOf(file: QuestionFile, before: string | undefined): Promise<string> | string {
  return before === undefined ? writeQuestions(file) : rewriteQuestions(file, before)
}

/** Keys of what these rules make of a question's completions. */
function keysOf(question: Question, rules: Json): ReadonlyMap<Completion, Digest> {
  const known = keysByRules(question)
  const before = known.get(canonical(rules))
  if (before !== undefined) return before
  const { prompt, answer_preload = '', capture = 'program', testcases, completions } = question
  const asked = keyOf('clean for', {
    version: rulesVersion,
    rules,
    prompt,
    answer_preload,
    capture,
    testcases: testcases.map(({ code, stdin, expect }) => ({ code, stdin, expect })),
  })
  const key = ({ completion, response }: Completion) =>
    keyOf('clean', { asked, raw: completion, finish: response?.finish })
  const keys = new Map(completions.map((completion) => [completion, key(completion)]))
  known.set(canonical(rules), keys)
  return keys
}

const keysByRules = once((_: Question) => new Map<string, ReadonlyMap<Completion, Digest>>())

class Cleaner {
  readonly #job: Job
  readonly #own: readonly GivenRule[] | undefined

  constructor(job: Job, own: readonly GivenRule[] | undefined) {
    this.#job = job
    this.#own = own
  }

  async cleaned(question: Question): Promise<readonly Cleaned[]> {
    const keys = keysOf(question, this.#job.params['rules'] ?? 'built-in')
    const units = question.completions.map((completion) => this.#unit(question, completion, keys))
    const known = await this.#job.units(units)
    const cleaned: Cleaned[] = []
    for (const [index, { make }] of units.entries())
      cleaned.push(known[index] ?? (await make(this.#job.signal)))
    return cleaned
  }

  #unit(question: Question, completion: Completion, keys: ReadonlyMap<Completion, Digest>): Unit<Cleaned> {
    const key = keys.get(completion)
    if (key === undefined) throw new RangeError('every completion has a key')
    const make = async (): Promise<Cleaned> => {
      const { cleanCompletion } = await import('./rules.ts')
      const finish = completion.response?.finish
      return cleanCompletion(completion.completion, question, { finish, rules: await this.#rules() })
    }
    return { kind: 'derived', key, make }
  }

  async #rules(): Promise<readonly Rule[] | undefined> {
    if (this.#own === undefined) return undefined
    const { rules } = await import('./rules.ts')
    return chainOf(this.#own, rules)
  }
}
