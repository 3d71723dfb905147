/**
 * A failure that a person caused or can mend: shown as its message, never as a stack trace (but with `--verbose`).
 * Anything else that is thrown is a bug of ours and is shown as one.
 */
export class Failure extends Error {
  /** What to do about it, as a sentence; empty when the message says it all. */
  readonly remedy: string
  /** 2 when the command, the pipeline file or a question file is wrong; 1 for all else. */
  readonly exit: 1 | 2

  constructor(message: string, options: { remedy?: string; exit?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.remedy = options.remedy ?? ''
    this.exit = options.exit ?? 1
  }
}

/** The code of a system error (`ENOENT`, …), or undefined for any other value. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
