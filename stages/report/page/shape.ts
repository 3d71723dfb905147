/**
 * What a question's block of data holds: written by blob.ts, read by the page's code in the browser. Types alone and no
 * imports, since the browser's code is checked against them with another library (the DOM) than the rest.
 *
 * Every text in it is cut to a sane size and made visible (see escape.ts) before it is stored: the browser has nothing left
 * to do for safety but to set text as text.
 */

/**
 * How a text was made from an earlier one, told from the later one, so that only what is gone is stored: a number above 0
 * is that many lines which stayed, one below 0 that many which are new, and a list is the lines that were removed there.
 */
export type Steps = readonly (number | readonly string[])[]

/** A change of a completion's text. */
export interface Change {
  /** 'cleaned': by our rules, from the model's answer. 'edited': by a person, after that. */
  readonly what: 'cleaned' | 'edited'
  readonly steps: Steps
}

export interface OpenedRun {
  /** Counted from 1. */
  readonly testcase: number
  readonly verdict: string
  readonly got?: string | undefined
  readonly diff?: string | undefined
  readonly score?: number | undefined
  readonly error?: string | undefined
  readonly status?: number | undefined
}

export interface OpenedCompletion {
  /** The program, as it was tested. */
  readonly text: string
  /** Share of test cases passed; left out where there is no score. */
  readonly share?: number | undefined
  /** One a test case; empty when it was not tested. */
  readonly verdicts: readonly string[]
  /** Runs that did not pass, at most as many as blob.ts keeps. */
  readonly runs: readonly OpenedRun[]
  /** The latest first: the first leads from the text before it to `text`. */
  readonly changes: readonly Change[]
  /** What is known besides, as words of a name and a value. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly skip?: boolean | undefined
  readonly by?: string | undefined
  readonly note?: string | undefined
  readonly cut_off?: boolean | undefined
  readonly flaky?: readonly number[] | undefined
}

export interface OpenedTestCase {
  readonly code: string
  readonly stdin: string
  readonly expect?: string | undefined
}

export interface Opened {
  readonly prompt: string
  readonly preload: string
  /** Settings that differ from the defaults. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly testcases: readonly OpenedTestCase[]
  readonly files: readonly { readonly name: string; readonly text: string }[]
  readonly completions: readonly OpenedCompletion[]
}
