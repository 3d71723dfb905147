/** What is worth telling a person who watches: completions that were executed again, or whose verdicts changed. */
import type { Saying } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import { once } from '../questions/once.ts'
import { parseQuestions } from '../questions/read.ts'

export interface Tested {
  readonly question: Question
  readonly completion: Completion
  readonly executed: boolean
}

/** Beyond this many a person reads the report instead. */
const mostSayings = 20

/** Nothing on the first build: there everything is new, and the table at the end says it better. */
export function changedVerdicts(tested: readonly Tested[], previous: string | undefined): Saying[] {
  if (previous === undefined) return []
  const before = questionsIn(previous)
  const sayings: Saying[] = []
  for (const { question, completion, executed } of tested) {
    const { results } = completion
    if (results === undefined || results.length === 0) continue
    const asked = before.get(question.id)
    const was = asked && verdictsOf(asked).get(nameOf(completion))
    if (!executed && (was === undefined || was === passedOf(results))) continue
    sayings.push(saying(question, completion, results, was))
    if (sayings.length === mostSayings) break
  }
  return sayings
}

function saying(
  question: Question,
  completion: Completion,
  results: readonly boolean[],
  was: string | undefined,
): Saying {
  const now = passedOf(results)
  const verdicts = [...new Set(completion.verdicts?.filter((verdict) => verdict !== 'passed'))]
  const why = verdicts.length > 0 ? ` (${verdicts.join(', ')})` : ''
  const change = was === undefined || was === now ? '' : `, was ${was}`
  const place = question.completions.findIndex(
    (each) => each.sample === completion.sample && each.completion === completion.completion,
  )
  return {
    question: `${question.id} #${completion.sample ?? place}`,
    text: `passes ${now}${why}${change}`,
    good: results.every(Boolean),
  }
}

function questionsIn(text: string): ReadonlyMap<string, Question> {
  const parsed = parseQuestions(text)
  if (!('file' in parsed)) return new Map()
  return new Map(parsed.file.questions.map((question) => [question.id, question]))
}

const verdictsOf = once(({ completions }: Question) => {
  const verdicts = new Map<string | number, string>()
  for (const completion of completions)
    if (completion.results !== undefined) verdicts.set(nameOf(completion), passedOf(completion.results))
  return verdicts
})

function passedOf(results: readonly boolean[]): string {
  return `${results.filter(Boolean).length} of ${results.length}`
}

function nameOf({ sample, completion }: Completion): string | number {
  return sample ?? completion
}
