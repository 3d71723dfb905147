/**
 * samples.jsonl, for the tools that judge HumanEval and MBPP by themselves: a line a completion. openai/human-eval reads
 * `task_id` and `completion`, and runs its own prompt with the completion behind it; EvalPlus does the same, or takes
 * `solution`, where it stands, for the whole program.
 *
 *     task_id      the question's id
 *     completion   what the program has behind the question's preload, as human-eval means it; the whole program where
 *                  the question has no preload, or the program does not begin with it
 *     solution     the whole program, only in that last case: otherwise it would be the same text twice
 *     chain        which chain it comes from, only where there are several: then those tools need one chain's lines alone
 *     number       which of the question's completions it is, from 1, as in results.csv
 *     passed       whether every test case passed; left out, as `verdicts` is, where it was not tested
 *     verdicts     one a test case
 *     flaky        the test cases, from 1, that did not end the same way each time
 *     by           edited, human: who changed or wrote the program besides the model
 *     model, finish, tokens_in, tokens_out, cost (US dollars)     what the server said, where it did
 *
 * Rejected completions are left out: those tools count every line, and would come to another pass@k than this report.
 * A program that restates the preload is valid Python behind it, and so is `solution` for a tool that knows only
 * `completion`.
 */
import type { Completion, Question } from '../questions/model.ts'
import { preloadOf } from '../questions/preload.ts'
import { jsonLine } from './escape.ts'
import { verdictsOf } from './verdicts.ts'

/** A question's lines. @param chain which of several chains the completions come from; '' when there is only one. */
export function samplesOf(question: Question, chain = ''): string {
  return question.completions
    .map((completion, index) => (completion.skip ? '' : lineOf(question, completion, index + 1, chain)))
    .join('')
}

function lineOf(question: Question, completion: Completion, number: number, chain: string): string {
  const { response, results, flaky, by } = completion
  const tested = results !== undefined && results.length > 0
  return jsonLine({
    task_id: question.id,
    ...textOf(question, completion.completion),
    chain: chain === '' ? undefined : chain,
    number,
    passed: tested ? results.every(Boolean) : undefined,
    verdicts: tested ? verdictsOf(question, completion) : undefined,
    flaky,
    by,
    model: response?.model,
    finish: response?.finish,
    tokens_in: response?.tokens_in,
    tokens_out: response?.tokens_out,
    cost: response?.cost,
  })
}

function textOf(
  question: Question,
  program: string,
): { readonly completion: string; readonly solution?: string } {
  const preload = preloadOf(question)
  return program.startsWith(preload)
    ? { completion: program.slice(preload.length) }
    : { completion: program, solution: program }
}
