/**
 * What the page shows of one question once it is opened, packed: JSON, deflated, in base64. The browser inflates it when
 * it is wanted, so a page of 50,000 completions is read as fast as its table.
 *
 * One block a question and not one for all: opening a question must not cost the inflation of a thousand, and after one
 * edit one block is made anew.
 */
import { promisify } from 'node:util'
import { deflateRaw, type InputType, type ZlibOptions } from 'node:zlib'
import type { Completion, Question, QuestionLimits, Run } from '../../questions/model.ts'
import { head, visible } from '../escape.ts'
import type { Change, Opened, OpenedCompletion, OpenedRun } from './shape.ts'
import { eachOnce, stepsOf } from './steps.ts'

const packed: (text: InputType, options: ZlibOptions) => Promise<Buffer> = promisify(deflateRaw)

/** A completion's earlier texts; those that are not known are left out. */
export interface CompletionTexts {
  /** The model's answer. */
  readonly raw?: string | undefined
  /** What our rules made of it, before a person's edit. */
  readonly cleaned?: string | undefined
}

/** Characters kept of one text. */
const most = { text: 20_000, output: 4_000 }
/** Runs that did not pass, kept of one completion: the verdicts tell of all of them. */
const mostRuns = 20

/**
 * Everything about one question that the page shows when it is opened. The same question gives the same text.
 *
 * @param question as read from a results file.
 * @param texts one a completion, in their order; a missing one says nothing.
 */
export async function blobOf(question: Question, texts: readonly CompletionTexts[]): Promise<string> {
  const steps = eachOnce(stepsOf)
  const opened: Opened = {
    prompt: shown(question.prompt),
    preload: shown(question.answer_preload ?? ''),
    facts: factsOf(question),
    testcases: question.testcases.map(({ code, stdin, expect }) => ({
      code: shown(code),
      stdin: shown(stdin, most.output),
      ...(expect === undefined ? {} : { expect: shown(expect, most.output) }),
    })),
    files: question.support_files.map(({ name, text }) => ({
      name: shown(name, 200),
      text: shown(text, most.output),
    })),
    completions: question.completions.map((completion, index) =>
      completionOf(completion, index, steps, texts[index]),
    ),
  }
  // In another thread, while this one makes other pieces.
  return (await packed(JSON.stringify(opened), { level: 6 })).toString('base64')
}

function completionOf(
  completion: Completion,
  index: number,
  steps: typeof stepsOf,
  { raw, cleaned }: CompletionTexts = {},
): OpenedCompletion {
  const { skip, results, response, by, note, flaky } = completion
  const scored = !skip && results !== undefined && results.length > 0
  const text = shown(completion.completion)
  return {
    text,
    ...(scored ? { share: results.filter((passed) => passed).length / results.length } : {}),
    verdicts: skip
      ? []
      : (completion.verdicts ?? (results ?? []).map((passed) => (passed ? 'passed' : 'failed'))),
    runs: (completion.runs ?? []).slice(0, mostRuns).map(runOf),
    changes: changesOf(steps, text, cleaned, raw),
    facts: factsOfAnswer(completion, index),
    ...(skip ? { skip } : {}),
    ...(by === undefined ? {} : { by }),
    ...(note === undefined ? {} : { note: shown(note, most.output) }),
    ...(response?.finish === 'length' ? { cut_off: true } : {}),
    ...(flaky === undefined ? {} : { flaky }),
  }
}

/** The latest change first, as each is told from the text after it. */
function changesOf(
  steps: typeof stepsOf,
  text: string,
  cleaned: string | undefined,
  raw: string | undefined,
): readonly Change[] {
  const between = cleaned === undefined ? text : shown(cleaned)
  const edited = steps(between, text)
  const made = raw === undefined ? undefined : steps(shown(raw), between)
  return [
    ...(edited ? [{ what: 'edited', steps: edited } as const] : []),
    ...(made ? [{ what: 'cleaned', steps: made } as const] : []),
  ]
}

function runOf({ testcase, verdict, got, diff, score, error, status }: Run): OpenedRun {
  return {
    testcase,
    verdict,
    ...(got === undefined ? {} : { got: shown(got, most.output) }),
    ...(diff === undefined ? {} : { diff: shown(diff, most.output) }),
    ...(score === undefined ? {} : { score }),
    ...(error === undefined ? {} : { error: shown(error, most.output) }),
    ...(status === undefined ? {} : { status }),
  }
}

type Facts = readonly (readonly [name: string, value: string])[]

function factsOfAnswer(
  { response = {}, cleaned_by = [], candidates, sample }: Completion,
  index: number,
): Facts {
  const { model, finish, tokens_in, tokens_out, cost } = response
  return named({
    // Counted from 0 by the files, and from 1 on the page: said only where it is no mere shift.
    sample: sample === undefined || sample === index ? undefined : `${sample}`,
    model,
    finish,
    'tokens in': tokens_in?.toString(),
    'tokens out': tokens_out?.toString(),
    cost: cost === undefined ? undefined : `$${cost}`,
    'cleaned by': cleaned_by.length > 0 ? cleaned_by.join(', ') : undefined,
    'other blocks of code': candidates?.toString(),
  })
}

function factsOf({ capture, echo_stdin, stderr, compare, limits = {} }: Question): Facts {
  const mode = typeof compare === 'string' ? compare : compare?.mode
  const known: { readonly [name in keyof QuestionLimits]: unknown } = limits
  const { unknown: _, ...numbers } = known
  return named({
    capture: capture === 'testcase' ? 'only what a test case prints' : undefined,
    'echo stdin': echo_stdin ? 'yes' : undefined,
    'standard error': stderr === 'merged' ? 'counts as output' : undefined,
    compare: mode,
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name.replaceAll('_', ' '), String(value)]),
    ),
  })
}

function named(facts: { readonly [name: string]: string | undefined }): Facts {
  const known: (readonly [string, string])[] = []
  for (const [name, value] of Object.entries(facts))
    if (value !== undefined) known.push([name, shown(value, 500)])
  return known
}

/** Cut to so many characters, and with what would not be seen in words. */
function shown(text: string, limit = most.text): string {
  if (text.length <= limit) return visible(text)
  return `${visible(head(text, limit))}\n[${text.length - limit} more characters are not shown here]`
}
