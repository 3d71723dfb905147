/** Looks at all question files together: an id must mean one question. */
import { Failure, type InputFile, type Job, keyOf } from '../../engine/stage.ts'
import { idsOf, parseQuestions } from './read.ts'

/**
 * Files whose ids another file has too, each with the failure that says so. Files that can't be read are left to their
 * own target's errors.
 */
export async function surveyIds(
  files: readonly InputFile[],
  unit: Job['unit'],
): Promise<ReadonlyMap<string, Failure>> {
  const homes = new Map<string, string[]>()
  for (const file of files) {
    const ids = await unit<string[]>({
      kind: 'derived',
      key: keyOf('ids', file.digest),
      make: async () => idsIn(await textOf(file)),
    })
    for (const id of ids ?? []) homes.set(id, [...(homes.get(id) ?? []), file.path])
  }
  const wrong = new Map<string, Failure>()
  for (const [id, paths] of homes) {
    if (paths.length < 2) continue
    for (const path of paths) {
      const others = paths.filter((other) => other !== path)
      const failure = new Failure(`${path}: the question '${id}' is also in ${others.join(', ')}`, {
        exit: 2,
        remedy: 'An id must mean one question: rename one of them, or delete it.',
      })
      if (!wrong.has(path)) wrong.set(path, failure)
    }
  }
  return wrong
}

async function textOf(file: InputFile): Promise<string> {
  try {
    return await file.text()
  } catch {
    return ''
  }
}

function idsIn(text: string): string[] {
  const parsed = parseQuestions(text)
  return 'file' in parsed ? idsOf(parsed.file) : []
}
