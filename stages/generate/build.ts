/**
 * Builds one file of completions. What is there already is taken (adoption.ts); what is missing comes from the provider, a
 * live one's answers through the cache. What could not be had leaves the file incomplete, never unwritten: all that has
 * arrived can be tested.
 */
import { type Built, Failure, type InputFile, type Job, messageOf } from '../../engine/stage.ts'
import { asidePath } from '../questions/aside.ts'
import type { Completion, Question, QuestionFile } from '../questions/model.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { readQuestions } from '../questions/read.ts'
import { writeQuestions } from '../questions/write.ts'
import { adopt, type Draft, type KeyOf, type Slot } from './adoption.ts'
import { asideOutputs, readAside } from './aside.ts'
import { answerOf, isEdited } from './completion.ts'
import { type Provider, Stop } from './provider.ts'
import { type Source, sourceOf } from './source.ts'

interface Plan {
  readonly to: string
  readonly provider: Provider
  readonly drawing: Parameters<typeof sourceOf>[1]
}

export async function buildCompletions(job: Job, { to, provider, drawing }: Plan): Promise<Built> {
  const { n } = drawing
  const { name } = provider
  const source = await sourceOf(provider, drawing, job)
  const input = onlyOne(job.inputs)
  const { file, notices } = await readQuestions(await input.text(), input.path)
  const inPlace = job.resolve(input.path) === job.resolve(job.output)
  const previous = await job.previous(job.output)
  const standing = previous === undefined || inPlace ? undefined : await readQuestions(previous, job.output)
  const aside = asidePath(to, job.output)
  const leftOut = new Set<string>()
  const adoption = adopt(
    {
      input: file.questions,
      output: inPlace ? file.questions : (standing?.file.questions ?? []),
      aside: await readAside(await job.previous(aside), aside),
    },
    n,
    leavingOthers(job, source.keyOf, leftOut),
  )
  await Promise.all(adoption.paid.map((completion) => job.restore(completion.key, answerOf(completion))))

  const drawn = await Promise.all(adoption.drafts.map((draft) => draw(draft, source)))
  job.signal.throwIfAborted()
  const failures = drawn.flatMap(({ failures }) => failures)
  const bug = failures.find((failure) => !(failure instanceof Failure))
  if (bug !== undefined) throw bug
  if (failures.length > 0 && drawn.every(({ question }) => question.completions.length === 0))
    throw failures[0]

  const result: QuestionFile = { ...file, questions: drawn.map(({ question }) => question) }
  const text = previous === undefined ? writeQuestions(result) : await rewriteQuestions(result, previous)
  const setAside = asideOutputs(adoption.aside, aside)
  const edited = drawn.filter((question) => question.edited > 0)
  const stop = failures.find((failure) => failure instanceof Stop)
  return {
    outputs: [...setAside.first, { path: job.output, text }, ...setAside.last],
    incomplete: shortfall(name, n, drawn, failures) ?? notAsked(leftOut),
    because: stop && { message: stop.message, remedy: stop.remedy },
    notices: [...notices, ...source.notices, ...editNotices(edited, job.output), ...setAside.notices],
    facts: factsOf(drawn),
  }
}

/** What `--only` leaves out keeps the completions that it has, whatever would be asked for now; `leftOut` collects whose. */
function leavingOthers(job: Job, keyOf: KeyOf, leftOut: Set<string>): KeyOf {
  return (question, sample, before) => {
    const key = keyOf(question, sample, before)
    if (job.wants(question.id)) return key
    const standing = before?.completions.find((each) => each.sample === sample)?.key
    if (standing === undefined || standing === key) return key
    leftOut.add(question.id)
    return standing
  }
}

/** Old answers among new ones are nothing to be content with: the file stays stale. */
function notAsked(leftOut: ReadonlySet<string>): string | undefined {
  if (leftOut.size === 0) return undefined
  return `${leftOut.size} ${leftOut.size === 1 ? 'question keeps its' : 'questions keep their'} old completions, left out by --only`
}

interface Drawn {
  readonly question: Question
  /** How many of its completions are edited by hand. */
  readonly edited: number
  readonly failures: readonly unknown[]
}

/** All samples are waited for, whatever becomes of the others: one refusal must not lose an answer that is on its way. */
async function draw({ question, given, slots, added }: Draft, source: Source): Promise<Drawn> {
  const fetched = await Promise.allSettled(
    slots.map((slot: Slot) => slot.completion ?? source.fetch(question, slot.sample, slot.key)),
  )
  const answers = fetched.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []))
  const completions: readonly Completion[] = [...given, ...answers, ...added]
  return {
    question: { ...question, completions },
    edited: completions.filter(isEdited).length,
    failures: fetched.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
  }
}

/** Which questions are short of how many, and why; undefined when none is. */
function shortfall(
  name: string,
  n: number,
  drawn: readonly Drawn[],
  failures: readonly unknown[],
): string | undefined {
  const short = drawn.filter(({ question }) => question.completions.length < n)
  if (short.length === 0) return undefined
  const shown = short
    .slice(0, 5)
    .map(({ question: { id, completions } }, index) =>
      index === 0
        ? `'${id}' has ${completions.length} of ${n} completions`
        : `'${id}' ${completions.length} of ${n}`,
    )
  const more = short.length > shown.length ? [`${short.length - shown.length} more questions are short`] : []
  const own = failures.filter((failure) => !(failure instanceof Stop))
  const why = [...new Set(own.map(sentence))].slice(0, 3)
  return [`${name}: ${[...shown, ...more].join(', ')}`, ...why.map((text) => text.replace(/\.$/, ''))].join(
    '. ',
  )
}

/** What a person should know of the answers before counting on them. */
function factsOf(drawn: readonly Drawn[]): { readonly [name: string]: number } {
  const completions = drawn.flatMap(({ question }) => question.completions)
  const finished = (...reasons: readonly string[]) =>
    completions.filter(({ response }) => reasons.includes(response?.finish ?? '')).length
  const facts = {
    raw_edited: drawn.reduce((sum, { edited }) => sum + edited, 0),
    cut_off: finished('length'),
    refused: finished('refusal', 'content_filter'),
    empty: completions.filter(({ completion }) => completion === '').length,
  }
  return Object.fromEntries(Object.entries(facts).filter(([, count]) => count > 0))
}

function sentence(failure: unknown): string {
  const remedy = failure instanceof Failure ? failure.remedy : ''
  return remedy === '' ? messageOf(failure) : `${messageOf(failure)}. ${remedy}`
}

function editNotices(edited: readonly Drawn[], place: string) {
  if (edited.length === 0) return []
  const which = edited.map(({ question, edited }) => `'${question.id}' (${edited})`).join(', ')
  const text = `raw completions edited by hand, kept as they stand: ${which}`
  return [{ level: 'info', text, place } as const]
}

function onlyOne(inputs: readonly InputFile[]): InputFile {
  const [input] = inputs
  if (input === undefined || inputs.length > 1) throw new Error('generate reads one file a target')
  return input
}
