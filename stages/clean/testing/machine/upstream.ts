/** What comes in: files of raw completions, changed as models, new samples and people with other files change them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { spelt } from './typing.ts'

export interface Raw {
  /** What its raw texts are drawn from, whatever its id becomes. */
  readonly base: string
  id: string
  prompt: string
  /** What is expected of each test case. */
  expects: string[]
  raws: string[]
}

export const fileNames = ['a', 'b', 'w/c', 'w/d'] as const

/** Each question's possible raw texts are its own, and few, so that one that went comes back. */
export function rawText(base: string, which: number): string {
  const code = `def f():\n    return '${base} ${which}'\n`
  return which % 2 === 0 ? `Sure:\n\`\`\`python\n${code}\`\`\`\n` : code
}

export class Upstream {
  readonly files = new Map<string, Raw[]>()
  /** Questions that are gone and may come back as they were. */
  readonly gone: Raw[] = []
  readonly #root: string
  readonly #written = new Map<string, string>()

  constructor(root: string) {
    this.#root = root
    this.files.set('a', [fresh('q0'), fresh('q1')])
    this.files.set('b', [fresh('q2')])
    this.write()
  }

  all(): Raw[] {
    return [...this.files.values()].flat()
  }

  fileOf(question: Raw): string | undefined {
    return [...this.files].find(([, questions]) => questions.includes(question))?.[0]
  }

  take(question: Raw): void {
    for (const [name, questions] of this.files)
      this.files.set(
        name,
        questions.filter((each) => each !== question),
      )
  }

  add(name: string, question: Raw, at = Number.POSITIVE_INFINITY): void {
    if (this.all().some(({ id, prompt }) => id === question.id || prompt === question.prompt)) return
    const questions = this.files.get(name) ?? []
    this.files.set(name, questions.toSpliced(at, 0, question))
  }

  /** Brings the files on the disk to this; a file without questions is none. */
  write(): void {
    for (const name of fileNames) {
      const path = join(this.#root, `data/completions/${name}.toml`)
      const questions = this.files.get(name) ?? []
      const text = questions.map(textOf).join('\n')
      if (text === (this.#written.get(name) ?? '')) continue
      this.#written.set(name, text)
      if (text === '') rmSync(path)
      else {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, text)
      }
    }
  }
}

export function fresh(base: string): Raw {
  return {
    base,
    id: base,
    prompt: `Do ${base}.`,
    expects: ['1', '2'],
    raws: [rawText(base, 0), rawText(base, 1)],
  }
}

function textOf({ id, prompt, expects, raws }: Raw): string {
  const testcases = expects.map(
    (expect, at) => `[[questions.testcases]]\ncode = "f(${at})"\nexpect = "${expect}"\n`,
  )
  const completions = raws.map(
    (raw, sample) => `[[questions.completions]]\nsample = ${sample}\ncompletion = ${spelt(raw, 2)}\n`,
  )
  const head = `[[questions]]\nid = "${id}"\nprompt = ${spelt(prompt, 2)}\n`
  return [head, ...testcases, ...completions].join('\n')
}
