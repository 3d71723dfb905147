import type { Question } from '../questions/model.ts'

/** What the built-in rules make of a question's raw answers, in their order: for who wants to show how a program came about. */
export async function retrace(question: Question): Promise<readonly string[]> {
  const { cleanCompletion } = await import('./rules.ts')
  return question.completions.map(
    ({ completion, response }) => cleanCompletion(completion, question, { finish: response?.finish }).text,
  )
}
