/** Input files as a stage sees them: named, digested, and read only when asked for. */
import { digestOf } from './cache/digest.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { decode, readBytes } from './outputs.ts'
import type { InputFile } from './stage.ts'

/** A file is not what it was when its target was judged: start over from what it is now. */
export class Moved extends Error {
  readonly path: string
  constructor(path: string) {
    super(`${path} keeps changing while it is being built`)
    this.path = path
  }
}

/** Throws Failure when the file is missing. Its text is checked against the digest that the target was judged by. */
export function inputFile(run: Context, path: string, pattern: number, source: boolean): InputFile {
  const digest = run.digest(path)
  if (digest === undefined) throw new Failure(`${path}: no such file`, { exit: 2 })
  return {
    path,
    digest,
    pattern,
    source,
    text: async () => {
      const planned = run.overlay.get(path)
      if (planned !== undefined) return planned
      const { texts } = run.workspace
      const known = texts.get(digest)
      if (known !== undefined) return known
      const bytes = await readBytes(run.absolute(path), path)
      if (bytes === undefined || digestOf(bytes) !== digest) throw new Moved(path)
      const text = decode(bytes, path)
      texts.put(digest, text, text.length)
      return text
    },
  }
}
