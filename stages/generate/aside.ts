/**
 * Edits of raw completions whose answer is wanted no more (another temperature, a changed prompt, a question that is
 * gone): kept in `.set-aside/` beside the outputs, in the question files' own format, and taken back from there when
 * their key is wanted again.
 *
 * Order keeps them safe: what is set aside is written before the file that loses it, and what was taken back leaves here
 * after the file that got it is written. When both happen at once, what was taken back stays here one build longer.
 */
import type { Notice, Output } from '../../engine/stage.ts'
import type { Completion, Question, QuestionFile } from '../questions/model.ts'
import { readQuestions } from '../questions/read.ts'
import { writeQuestions } from '../questions/write.ts'
import type { Aside } from './adoption.ts'
import type { Place } from './standing.ts'

const nothing = '# Edited completions that were set aside would stand here. There are none.\n'

export async function readAside(text: string | undefined, path: string): Promise<readonly Question[]> {
  if (text === undefined || text === nothing) return []
  return (await readQuestions(text, path)).file.questions
}

export interface AsideOutputs {
  /** To be written before the output. */
  readonly first: readonly Output[]
  /** To be written after it. */
  readonly last: readonly Output[]
  readonly notices: readonly Notice[]
}

export function asideOutputs({ kept, taken, fresh }: Aside, path: string): AsideOutputs {
  const stay = [...(fresh.length > 0 ? [...kept, ...taken] : kept), ...fresh]
  const count = stay.length - (fresh.length > 0 ? taken.length : 0)
  const text =
    count === 0 ? '' : `${count} edited ${count === 1 ? 'completion is' : 'completions are'} set aside here`
  const output: Output = { path, text: asideText(stay), loose: true }
  return {
    first: fresh.length > 0 ? [output] : [],
    last: fresh.length === 0 && taken.length > 0 ? [output] : [],
    notices:
      text === ''
        ? []
        : [
            {
              level: 'warning',
              text: `${text}: what they answer is not asked any more; they come back when it is`,
              place: path,
            },
          ],
  }
}

function asideText(places: readonly Place[]): string {
  if (places.length === 0) return nothing
  const byId = new Map<string, { question: Question; completions: Completion[] }>()
  for (const { question, completion } of places) {
    const home = byId.get(question.id) ?? { question, completions: [] }
    byId.set(question.id, home)
    if (!home.completions.some((other) => saysTheSame(other, completion))) home.completions.push(completion)
  }
  const file: QuestionFile = {
    questions: Array.from(byId.values(), ({ question: { id, prompt, answer_preload }, completions }) => ({
      id,
      prompt,
      answer_preload,
      testcases: [],
      support_files: [],
      completions,
    })),
  }
  return writeQuestions(file)
}

function saysTheSame(one: Completion, other: Completion): boolean {
  return (
    one.completion === other.completion &&
    one.key === other.key &&
    one.note === other.note &&
    one.skip === other.skip &&
    one.unknown === undefined &&
    other.unknown === undefined
  )
}
