/** The set-aside file of a cleaned file: read, and written so that what a person did in it stays. */
import type { Question } from '../questions/model.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { parseQuestions, readQuestions } from '../questions/read.ts'
import { writeQuestions } from '../questions/write.ts'

/** An empty file stays: a person may have it open, and deleting is theirs. */
const nothing = '# Edits that were set aside would stand here. There are none.\n'

/** None for a file that is not there or says nothing. Throws Failure, with the place, for one that can't be read. */
export async function readAside(text: string | undefined, path: string): Promise<readonly Question[]> {
  if (text === undefined || text === nothing || isBlank(text)) return []
  return (await readQuestions(text, path)).file.questions
}

/** Nothing but comments and blank lines. */
function isBlank(text: string): boolean {
  return !text.includes('[[') && 'faults' in parseQuestions(text) && !/^[ \t]*[^#\s]/m.test(text)
}

/** The file with these entries; `before`: as it stands. */
export function asideText(
  entries: readonly Question[],
  before: string | undefined,
): Promise<string> | string {
  if (entries.length === 0) return nothing
  const file = { questions: entries }
  return before === undefined || before === nothing ? writeQuestions(file) : rewriteQuestions(file, before)
}
