/**
 * testcases.csv, for a pivot table or a data frame: a row a test case of a completion.
 *
 *     chain        which chain the completion comes from; only where there are several
 *     qid          the question's id
 *     completion   counted from 1, as in results.csv's `response 3`
 *     by           edited, human: who changed or wrote the completion; empty: nobody besides the model
 *     testcase     counted from 1
 *     verdict      passed, failed, error, cpu-timeout, …; see README.md
 *     passed       1 or 0: its average is the share of passed test cases
 *     score        how near a failed one came, 0 to 100, where the mode of comparison says so
 *     status       the exit status, where it was not 0
 *     flaky        1 where repeated runs did not end the same way
 *     exception    the Python exception that ended the run, as `ZeroDivisionError`
 *     error        the last line of standard error
 *
 * Completions that did not run have rows all the same, so that every completion of a question has equally many and a gap
 * is seen. Rejected ones have the verdict `skipped`, untested ones none, and both an empty `passed`: averages and sums
 * leave them out, as all numbers of the report do. Those without code have `no-code` and count as not passed. A question
 * without test cases has no rows.
 *
 * What was printed is not in it: it belongs into a page, not into a cell.
 */
import type { Completion, Question, Run } from '../questions/model.ts'
import { csvCell, head, oneLine } from './escape.ts'
import { verdictsOf } from './verdicts.ts'

const columns = 'qid,completion,by,testcase,verdict,passed,score,status,flaky,exception,error'

/** Characters kept of an error's last line. */
const errorKept = 200

/** A question's rows. @param chain which of several chains the completions come from; '' when there is only one. */
export function testcasesOf(question: Question, chain = ''): string {
  const start = `${chain === '' ? '' : `${csvCell(chain)},`}${csvCell(question.id)}`
  return question.completions
    .map((completion, index) => rowsOf(question, completion, `${start},${index + 1},${completion.by ?? ''}`))
    .join('')
}

/** testcases.csv. @param chains whether the pieces were made with the names of chains. */
export function testcasesCsv<Piece>(pieces: readonly Piece[], chains = false): readonly (string | Piece)[] {
  return [`${chains ? 'chain,' : ''}${columns}\n`, ...pieces]
}

function rowsOf(question: Question, completion: Completion, start: string): string {
  // What a rejected completion has from before does not count.
  const { results, flaky, runs }: Partial<Completion> = completion.skip ? {} : completion
  const runOf = new Map(runs?.map((run) => [run.testcase, run]))
  return verdictsOf(question, completion)
    .map((verdict, index) => {
      const testcase = index + 1
      const passed = results === undefined ? '' : results[index] ? '1' : '0'
      const unsteady = flaky?.includes(testcase) ? '1' : ''
      return `${start},${testcase},${verdict ?? ''},${passed},${leftBy(runOf.get(testcase), unsteady)}\n`
    })
    .join('')
}

function leftBy(run: Run | undefined, flaky: string): string {
  if (run === undefined) return `,,${flaky},,`
  const lines = (run.error ?? '').trimEnd().split('\n')
  const error = csvCell(head(oneLine(lines.at(-1) ?? ''), errorKept))
  return `${run.score ?? ''},${run.status ?? ''},${flaky},${csvCell(exceptionIn(lines))},${error}`
}

/** Python's last words are `module.Name: message` at a line's beginning, behind lines that are indented. */
function exceptionIn(lines: readonly string[]): string {
  if (!/^\s/.test(lines.at(-2) ?? '')) return ''
  return /^(?:\w+\.)*([A-Za-z_]\w*)(?=: |$)/.exec(lines.at(-1) ?? '')?.[1] ?? ''
}
