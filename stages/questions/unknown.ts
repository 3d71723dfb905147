/** Saying once a file which keys are not ours: carried through, but perhaps meant as something else. */
import type { Notice } from '../../engine/stage.ts'
import type { QuestionFile, Unknown } from './model.ts'

/** One warning that names all unknown keys of the file; none when there are none. */
export function unknownKeys(file: QuestionFile, path: string): Notice[] {
  const found = new Map<string, Set<string>>()
  const note = (of: string, unknown: Unknown | undefined) => {
    if (unknown === undefined) return
    const names = found.get(of) ?? new Set()
    for (const name of Object.keys(unknown)) names.add(`\`${name}\``)
    found.set(of, names)
  }
  note('the file', file.unknown)
  for (const question of file.questions) {
    note('a question', question.unknown)
    if (typeof question.compare === 'object') note('compare', question.compare.unknown)
    note('limits', question.limits?.unknown)
    note('built_from', question.built_from?.unknown)
    for (const testcase of question.testcases) note('a test case', testcase.unknown)
    for (const support of question.support_files) note('a support file', support.unknown)
    for (const completion of question.completions) {
      note('a completion', completion.unknown)
      note('response', completion.response?.unknown)
      for (const run of completion.runs ?? []) note('a run', run.unknown)
    }
  }
  if (found.size === 0) return []
  const names = Array.from(found, ([of, keys]) => `${[...keys].join(', ')} of ${of}`)
  return [
    { level: 'warning', text: `carried through, but no keys of ours: ${names.join('; ')}`, place: path },
  ]
}
