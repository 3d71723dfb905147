/** The corpora's questions and answers, as tests and benches of cleaning ask for them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { corpora } from '../../../engine/testing/parts.ts'
import type { Question } from '../../questions/model.ts'
import { readQuestions } from '../../questions/read.ts'
import { lineFeeds } from '../task.ts'

export interface Answer {
  /** 'HumanEval/3#17': the question and the sample. */
  readonly name: string
  readonly sample: number
  readonly question: Question
  readonly raw: string
  /** Made a program by the authors' own cleaning; undefined where they give none. */
  readonly cleaned: string | undefined
  /** The reference verdict on that. */
  readonly right: boolean
}

interface Line {
  readonly id: string
  readonly sample?: number
  readonly passed?: boolean
  readonly completions?: readonly string[]
}

function lines(path: string): Line[] {
  const whole = join(corpora ?? '', path)
  if (!existsSync(whole)) return []
  return readFileSync(whole, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** The questions of a set, by id. */
export async function questionsOf(set: string): Promise<ReadonlyMap<string, Question>> {
  const path = join(corpora ?? '', set, 'questions.toml')
  const { file } = await readQuestions(readFileSync(path, 'utf8'), path)
  return new Map(file.questions.map((question) => [question.id, question]))
}

/** The answers of a set in a file's order: raw ones with what their authors made of them. */
export async function answersOf(set: string, name: string): Promise<Answer[]> {
  const questions = await questionsOf(set)
  const right = new Set(
    lines(`${set}/truth/${name}.cleaned.jsonl`).flatMap(({ id, sample = 0, passed }) =>
      passed === true ? [`${id}#${sample}`] : [],
    ),
  )
  const cleaned = new Map(
    lines(`${set}/cleaned/${name}.cleaned.jsonl`).map(({ id, completions = [] }) => [id, completions]),
  )
  return lines(`${set}/completions/${name}.raw.jsonl`).flatMap(({ id, completions = [] }) =>
    completions.map((raw, sample): Answer => {
      const question = questions.get(id)
      if (question === undefined) throw new Error(`no question ${id}`)
      const text = cleaned.get(id)?.[sample]
      return {
        name: `${id}#${sample}`,
        sample,
        question,
        raw,
        cleaned: text === undefined ? undefined : `${question.answer_preload ?? ''}${text}`,
        right: right.has(`${id}#${sample}`),
      }
    }),
  )
}

/** Programs that are known to be right, with their questions. */
export async function rightPrograms(): Promise<{ question: Question; program: string }[]> {
  const found: { question: Question; program: string }[] = []
  for (const [set, path] of [
    ['humaneval', 'canonical'],
    ['mbpp', 'canonical'],
    ['humaneval', 'reflexion-simple-gpt-4'],
  ] as const) {
    const questions = await questionsOf(set)
    const right = new Set(
      lines(`${set}/truth/${path}.jsonl`).flatMap(({ id, passed }) => (passed === true ? [id] : [])),
    )
    for (const { id, completions: [text = ''] = [] } of lines(`${set}/cleaned/${path}.jsonl`)) {
      const question = questions.get(id)
      if (question === undefined || !right.has(id)) continue
      const preload = question.answer_preload ?? ''
      const restates = text.trimStart().startsWith(preload.trim())
      found.push({ question, program: lineFeeds(preload !== '' && restates ? text : preload + text) })
    }
  }
  for (const manner of ['direct', 'cot'])
    for (const { question, cleaned, right } of await answersOf('apps', `mapcoder-gpt4-turbo-${manner}`))
      if (right && cleaned !== undefined) found.push({ question, program: lineFeeds(cleaned) })
  return found
}
