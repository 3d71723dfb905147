/** Pages for tests: of few questions, of hostile ones, of many. */
import { digestOf } from '../../../../engine/stage.ts'
import type { Completion, Question, Run, TestCase, Verdict } from '../../../questions/model.ts'
import { Stretch } from '../../layout.ts'
import { partOf, sharesOf } from '../../part.ts'
import { summarize } from '../../summary.ts'
import {
  blobOf,
  type CompletionTexts,
  cellsOf,
  type PageRow,
  pageOf,
  type Remember,
  searchedOf,
} from '../index.ts'

const testcases: readonly TestCase[] = [
  { code: 'print(f(1))', stdin: '', expect: '1' },
  { code: 'print(f(2))', stdin: '', expect: '2' },
]

export function question(
  id: string,
  completions: readonly Completion[],
  fields: Partial<Question> = {},
): Question {
  return { id, prompt: `Write f for ${id}.`, testcases, completions, support_files: [], ...fields }
}

/** A completion with a run for each verdict that is not 'passed'. */
export function completion(verdicts: readonly Verdict[], fields: Partial<Completion> = {}): Completion {
  const runs = verdicts.flatMap((verdict, index): readonly Run[] =>
    verdict === 'passed' ? [] : [{ testcase: index + 1, verdict, ...whatCame(verdict, index + 1) }],
  )
  return {
    completion: 'def f(n):\n    return n\n',
    results: verdicts.map((verdict) => verdict === 'passed'),
    verdicts,
    ...(runs.length > 0 && { runs }),
    ...fields,
  }
}

function whatCame(verdict: Verdict, expected: number): Partial<Run> {
  if (verdict === 'failed') return { got: '0\n', diff: `- ${expected}\n+ 0` }
  return verdict === 'error' ? { status: 1, error: "Traceback …\nNameError: name 'm' is not defined" } : {}
}

export interface PageOf {
  readonly chain?: string
  readonly questions: readonly Question[]
  readonly texts?: readonly CompletionTexts[]
}

async function rowsOf({ chain = '', questions, texts = [] }: PageOf): Promise<readonly PageRow[]> {
  const parts = partOf({ questions })
  return Promise.all(
    questions.map(async (of, index) => {
      const part = parts[index]
      if (part === undefined) throw new Error('a question without its part')
      return {
        chain,
        file: `data/results/${chain || 'all'}.toml`,
        part,
        prompt: digestOf(of.prompt),
        cells: Stretch.of(cellsOf(part, sharesOf(of), of.prompt)),
        searched: Stretch.of(searchedOf(of.prompt)),
        blob: Stretch.of(await blobOf(of, texts)),
      }
    }),
  )
}

export async function page(...chains: readonly PageOf[]): Promise<string> {
  const rows = (await Promise.all(chains.map(rowsOf))).flat()
  const remember: Remember = (_, make) => make()
  return (await pageOf({ title: 'A report', summary: summarize(rows, [1, 2]), rows, remember })).text
}

/** Three questions: one that nothing passes, one that half pass, one that all pass. */
export const three: readonly Question[] = [
  question('easy', [completion(['passed', 'passed']), completion(['passed', 'passed'])]),
  question('impossible', [completion(['error', 'error']), completion(['failed', 'cpu-timeout'])]),
  question('middling', [
    completion(['passed', 'failed'], { by: 'edited', completion: 'def f(n):\n    return 1\n' }),
    completion(['passed', 'passed']),
    completion(['passed', 'passed'], { skip: true, note: 'Copied from the prompt.' }),
  ]),
]

const nasty = [
  '</script><script>document.title="pwned"</script>',
  '<img src=x onerror="document.title=\'pwned\'">',
  ']]><!--',
  '\x1b[31mred\x00\x07',
  '\u202egnp.exe\u2066',
  '"\' onclick=alert(1) &amp; =1+1',
  '\ud800',
].join(' ')

/** Text meant to break out, in every place where people's and models' text comes in. */
export const hostile: PageOf = {
  chain: nasty,
  questions: [
    question(
      nasty,
      [
        completion(['failed', 'error'], {
          completion: nasty,
          note: nasty,
          response: { model: nasty, finish: nasty, tokens_in: 1, tokens_out: 2, cost: 0.1 },
          cleaned_by: [nasty],
          runs: [
            { testcase: 1, verdict: 'failed', got: nasty, diff: `- ${nasty}\n+ ${nasty}` },
            { testcase: 2, verdict: 'error', error: nasty, status: 1 },
          ],
        }),
      ],
      {
        prompt: nasty,
        answer_preload: nasty,
        testcases: [
          { code: nasty, stdin: nasty, expect: nasty },
          { code: nasty, stdin: '', expect: nasty },
        ],
        support_files: [{ name: nasty, text: nasty }],
      },
    ),
  ],
  texts: [{ raw: `${nasty}\nraw`, cleaned: `${nasty}\ncleaned` }],
}

/** An id and a line that are wider than a telephone. */
export const long = question('an_id_without_any_blank_that_is_longer_than_a_telephone_is_wide_'.repeat(2), [
  completion(['failed', 'error'], { completion: `x = '${'wide '.repeat(100)}'` }),
])
