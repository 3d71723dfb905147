/**
 * The provider that needs no key and no network: it replays completions from a JSONL file. Also the way to evaluate
 * completions that another tool generated.
 *
 * A line is one of
 *
 *     {"id": "…", "completions": ["…", …]}        ours
 *     {"task_id": "…", "completion": "…"}         human-eval: several lines a task, in their order
 *     {"task_id": "…", "solution": "…"}           EvalPlus: the same, with whole programs
 *
 * and other keys on it are of no interest. Ids that no question has are no error: a recording of all HumanEval may
 * serve a folder that holds a part of it.
 */
import { type Digest, Failure, type InputFile } from '../../engine/stage.ts'
import { type RecordedProvider, type Recording, wellFormed } from './provider.ts'

/** Replays the completions that the file (relative to the pipeline file) holds for each question's id. */
export function recorded(path: string): RecordedProvider {
  // All targets read the same file: it is parsed once for as long as its bytes are the same.
  let last: { readonly digest: Digest; readonly recording: Promise<Recording> } | undefined
  const read = (file: InputFile): Promise<Recording> => {
    if (last?.digest !== file.digest)
      last = { digest: file.digest, recording: file.text().then((text) => parseRecording(text, file.path)) }
    return last.recording
  }
  return { type: 'recorded', name: 'recorded', files: [path], params: () => ({}), read }
}

/** Throws Failure that names path:line and what is expected there. */
export function parseRecording(text: string, path: string): Recording {
  const recording = new Map<string, string[]>()
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    // A carriage return at its end is space to JSON.
    if (line.trim() === '') continue
    const entry = entryOf(line)
    if (typeof entry === 'string')
      throw new Failure(`${path}:${index + 1}: ${entry}`, {
        exit: 2,
        remedy: 'A line is {"id": "…", "completions": ["…"]} or {"task_id": "…", "completion": "…"}.',
      })
    const texts = recording.get(entry.id)
    if (texts === undefined) recording.set(entry.id, [...entry.texts])
    else texts.push(...entry.texts)
  }
  return recording
}

/** What the line records, or a sentence that says what is wrong with it. */
function entryOf(line: string): { readonly id: string; readonly texts: readonly string[] } | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'this line is not JSON; each line must be one whole object'
  }
  if (!isObject(value)) return 'this line is no object'
  const id = value['id'] ?? value['task_id']
  if (typeof id !== 'string') return "'id' (or 'task_id') is missing or no string"
  const texts = value['completions'] ?? [value['completion'] ?? value['solution']]
  if (!Array.isArray(texts)) return `'completions' of '${id}' is no list`
  const wrong = texts.findIndex((item) => typeof item !== 'string')
  if (wrong < 0) return { id, texts: texts.map((item) => wellFormed(String(item))) }
  return 'completions' in value
    ? `completion ${wrong + 1} of '${id}' is no string`
    : `'${id}' has neither 'completions' nor a 'completion' that is a string`
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
