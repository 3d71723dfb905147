/** All that a pipeline.ts may name. */
import type { Stage } from '../engine/stage.ts'
import { retrace } from './clean/retrace.ts'
import { type ReportOptions, report as reportOf } from './report/index.ts'

export { type Pipeline, pipeline } from '../engine/graph.ts'
export type { Stage } from '../engine/stage.ts'
export { type Apply, clean, cleaningRules, type OwnRule, type Task } from './clean/index.ts'
export { generate } from './generate/index.ts'
export { openai } from './generate/openai.ts'
export { recorded } from './generate/recorded.ts'
export { all, each } from './own.ts'
export type { ReportOptions } from './report/index.ts'
export { test } from './test/index.ts'

/** Scores of all results in one report: tables, a summary, a page. It shows edits beside what cleaning had made. */
export function report(options: ReportOptions): Stage {
  return reportOf(options, retrace)
}
