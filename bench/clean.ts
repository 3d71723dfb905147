/**
 * What the cleaning rules make of the corpora's raw answers: how many are right, and each one that some other cleaning
 * gets right and ours does not. And how fast that goes.
 */
import { parser } from '@lezer/python'
import { corpora } from '../engine/testing/parts.ts'
import { cleanCompletion } from '../stages/clean/rules.ts'
import { type Answer, answersOf } from '../stages/clean/testing/answers.ts'
import { judged, type Trial } from '../stages/clean/testing/judge.ts'
import { note } from './compare.ts'
import { notHere } from './parts.ts'
import type { Scale } from './scale.ts'

interface AnswerSet {
  readonly set: string
  readonly name: string
}

export const answerSets: readonly AnswerSet[] = [
  { set: 'humaneval', name: 'mapcoder-gpt4turbo-cot' },
  { set: 'humaneval', name: 'mapcoder-gpt4turbo-selfplanning' },
  { set: 'humaneval', name: 'mapcoder-gpt4turbo-analogical' },
  { set: 'apps', name: 'mapcoder-gpt4-turbo-direct' },
  { set: 'apps', name: 'mapcoder-gpt4-turbo-cot' },
  { set: 'humaneval', name: 'codegen-16b-mono-n100' },
]

const longRuns = 'codegen-16b-mono-n100'

/** `full`: every answer, judged by all of its test cases; else samples of them. */
export async function clean(scale: Scale): Promise<void> {
  if (corpora === undefined) return notHere('clean', 'raw answers', 'no corpora')
  await speed({ short: 100, usual: 10, full: 1 }[scale])
  for (const { set, name } of scale === 'short' ? answerSets.slice(0, 1) : answerSets) {
    const stride = scale === 'full' ? 1 : name === longRuns ? 200 : 10
    const answers = (await answersOf(set, name)).filter((_, index) => index % stride === 0)
    const { right, reference, misses, byCleaning } = await compare(answers)
    note(
      'clean',
      `${set}/${name}`,
      `${right} of ${answers.length} right, ${reference} by the authors' cleaning`,
    )
    for (const [cleaning, count] of byCleaning) note('clean', `  ${cleaning}`, String(count))
    note('clean', '  right by another cleaning and wrong by ours', String(misses.length))
    for (const { name, by } of misses) console.log(`             missed: ${name} (${by.join('; ')})`)
  }
}

export interface Compared {
  readonly right: number
  readonly reference: number
  readonly misses: readonly { readonly name: string; readonly by: readonly string[] }[]
  /** How many each of the other cleanings gets right. */
  readonly byCleaning: ReadonlyMap<string, number>
}

export async function compare(
  answers: readonly Answer[],
  onProgress?: (judged: number, of: number) => void,
): Promise<Compared> {
  const trials = answers.flatMap((answer) => [
    {
      answer,
      by: own,
      question: answer.question,
      program: cleanCompletion(answer.raw, answer.question).text,
    },
    ...alternatives(answer),
  ])
  const ended = trials.map((trial) => ({ ...trial, program: `${trial.program.trimEnd()}\n` }))
  const passed = await judged(ended, { testcases: Number.POSITIVE_INFINITY, processes: 2, onProgress })
  const rightBy = new Map<Answer, Set<string>>(answers.map((answer) => [answer, new Set()]))
  trials.forEach(({ answer, by }, index) => {
    if (passed[index] === true) rightBy.get(answer)?.add(by)
  })
  for (const answer of answers) if (answer.right) rightBy.get(answer)?.add(authors)
  const misses = answers.flatMap((answer) => {
    const by = [...(rightBy.get(answer) ?? [])]
    return by.length > 0 && !by.includes(own) ? [{ name: answer.name, by }] : []
  })
  const countOf = (by: string) => [...rightBy.values()].filter((each) => each.has(by)).length
  return {
    right: countOf(own),
    reference: countOf(authors),
    misses,
    byCleaning: new Map(Object.keys(cleanings).map((by) => [by, countOf(by)])),
  }
}

const own = 'ours'
const authors = "the authors'"

/** What other cleanings make of an answer: each is tried with the preload in front, and alone unless it begins inside something. */
function alternatives(answer: Answer): (Trial & { answer: Answer; by: string })[] {
  const { question } = answer
  const raw = answer.raw.replace(/\r\n?/g, '\n')
  return Object.entries(cleanings).flatMap(([by, clean]) =>
    clean(raw).flatMap((text) => {
      const whole = { answer, by, question, program: `${question.answer_preload ?? ''}${text}` }
      return /^(?:\s*\n)?[ \t]/.test(text) ? [whole] : [whole, { ...whole, program: text }]
    }),
  )
}

/** Cleanings that people use. What does not apply gives nothing. */
const cleanings: { readonly [name: string]: (raw: string) => readonly string[] } = {
  'as it is': (raw) => [raw],
  'the first fence': (raw) => blocksOf(raw).slice(0, 1),
  'the last fence': (raw) => blocksOf(raw).slice(-1),
  'the longest fence': (raw) =>
    blocksOf(raw)
      .toSorted((a, b) => b.length - a.length)
      .slice(0, 1),
  'all fences': (raw) => (blocksOf(raw).length > 1 ? [blocksOf(raw).join('\n')] : []),
  'stop words': (raw) => [raw.split(/\n(?=def|class|print|if|#|@|import|from|assert|"""|<\||```)/)[0] ?? raw],
  'the first blank line after a return': (raw) => [
    /^[\s\S]*?\n[ \t]+return\b.*\n(?=\s*\n|\S)/.exec(raw)?.[0] ?? raw,
  ],
  'no last line': (raw) => [raw.slice(0, raw.trimEnd().lastIndexOf('\n') + 1)],
}

function blocksOf(raw: string): string[] {
  return [...raw.matchAll(/```[^\n]*\n([\s\S]*?)(?:```|$)/g)].map((match) => match[1] ?? '')
}

/** Of the largest set each `stride`th answer, cleaned once, and the same programs read once by the bare grammar. */
async function speed(stride: number): Promise<void> {
  const answers = (await answersOf('humaneval', longRuns)).filter((_, index) => index % stride === 0)
  const bytes = answers.reduce((sum, { raw }) => sum + Buffer.byteLength(raw), 0)
  const cleaning = seconds(() => {
    for (const { raw, question } of answers) cleanCompletion(raw, question)
  })
  const parsing = seconds(() => {
    for (const { raw, question } of answers) parser.parse(`${question.answer_preload ?? ''}${raw}`)
  })
  const rate = bytes / 1e6 / cleaning
  note('clean', `${answers.length} raw answers`, `${cleaning.toFixed(1)} s, ${rate.toFixed(2)} MB/s`)
  note('clean', '  of that of the bare grammar, once', `${(cleaning / parsing).toFixed(1)} ×`)
}

/** Of one core: others may be at work beside it. */
function seconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
