/**
 * junit.xml, for the page that a CI server makes of test results: a suite a question, a case a completion.
 *
 * There is no standard; this keeps to what Jenkins' schema (junit-10.xsd of its xunit plugin) allows and GitLab and GitHub's
 * actions read. A case a completion rather than a test case: what a reader of the page wants to know is which programs
 * are wrong, and 50 completions × 4 test cases of each question would bury it.
 *
 *     failure    a wrong answer: a test case failed, an exception (which a failed assertion is, too), no code at all
 *     error      a run had to be ended, by a limit, or crashed
 *     skipped    rejected by a person, not tested, or the question has no test cases
 *
 * No times: results files hold none, so that the same results are the same bytes. No counts at the root: a sum over
 * suites would have to be known before the first is written, and readers add them up anyway.
 */
import type { Completion, Question, Run, Verdict } from '../questions/model.ts'
import { head, tail, xmlAttribute, xmlText } from './escape.ts'
import { verdictsOf } from './verdicts.ts'

/** Runs shown of one completion, and characters of each. */
const runsShown = 8
const charactersShown = 600

/** A question's suite. @param chain which of several chains the completions come from; '' when there is only one. */
export function junitSuite(question: Question, chain = ''): string {
  const name = xmlAttribute(chain === '' ? question.id : `${chain}.${question.id}`)
  const outcomes = question.completions.map((completion) => outcomeOf(question, completion))
  const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length
  const cases = outcomes.map(
    (outcome, index) =>
      `    <testcase classname="${name}" name="completion ${index + 1}"${contentOf(outcome)}\n`,
  )
  return `  <testsuite name="${name}" tests="${outcomes.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}">
${cases.join('')}  </testsuite>
`
}

/** junit.xml. */
export function junitXml<Piece>(suites: readonly Piece[]): readonly (string | Piece)[] {
  return ['<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n', ...suites, '</testsuites>\n']
}

type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly message: string }
  | { readonly kind: 'failure' | 'error'; readonly message: string; readonly text: string }

/** Ways to end by oneself. */
const byItself: ReadonlySet<Verdict | undefined> = new Set(['passed', 'failed', 'error', 'no-code'])

function outcomeOf(question: Question, completion: Completion): Outcome {
  if (completion.skip) return { kind: 'skipped', message: 'rejected by a person' }
  if (question.testcases.length === 0) return { kind: 'skipped', message: 'the question has no test cases' }
  const verdicts = verdictsOf(question, completion)
  if (!completion.results?.length) return { kind: 'skipped', message: 'not tested' }
  if (completion.results.every(Boolean)) return { kind: 'passed' }
  return {
    kind: verdicts.every((verdict) => byItself.has(verdict)) ? 'failure' : 'error',
    message: counted(verdicts),
    text: shown(completion.runs ?? []),
  }
}

/** As in '2 passed, 1 failed, 1 cpu-timeout'. */
function counted(verdicts: readonly (Verdict | undefined)[]): string {
  const counts = new Map<string, number>()
  for (const verdict of verdicts) counts.set(`${verdict}`, (counts.get(`${verdict}`) ?? 0) + 1)
  return [...counts].map(([verdict, times]) => `${times} ${verdict}`).join(', ')
}

/** What the runs left behind, a paragraph a run. */
function shown(runs: readonly Run[]): string {
  const paragraphs = runs.slice(0, runsShown).map((run) => {
    const left = leftBy(run)
    return `test case ${run.testcase}: ${run.verdict}${left === '' ? '' : `\n${left}`}`
  })
  const more = runs.length - runsShown
  return [...paragraphs, ...(more > 0 ? [`and ${more} more`] : [])].join('\n\n')
}

/** The one text that says most: a difference where there is one; of an error the end, where the exception is named. */
function leftBy({ diff, error, got }: Run): string {
  if (diff !== undefined) return head(diff, charactersShown)
  if (error !== undefined) return tail(error.trimEnd(), charactersShown)
  return head(got ?? '', charactersShown).trimEnd()
}

/** A case's tag from where its attributes end. */
function contentOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'passed':
      return '/>'
    case 'skipped':
      return `><skipped message="${xmlAttribute(outcome.message)}"/></testcase>`
    default:
      return `><${outcome.kind} message="${xmlAttribute(outcome.message)}">${xmlText(outcome.text)}</${outcome.kind}></testcase>`
  }
}
