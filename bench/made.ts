/**
 * The made workspace that benches run in: question files with so many completions and test cases each.
 *
 * All completions are one of five programs, so that a workspace of 200,000 results takes 20 executions to build: what
 * executing costs is measured by bench/throughput. Everything else (files, bytes, look-ups, rows) is of the full size,
 * and each file's expectations are its own.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const project = resolve(import.meta.dirname, '..')

export interface Size {
  readonly files: number
  readonly completions: number
  readonly testcases: number
}

export const usual: Size = { files: 1000, completions: 50, testcases: 4 }

/** Makes the workspace; nothing is built in it yet. */
export function made(size: Size): string {
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-bench-'))
  const questions = join(root, 'data/questions')
  mkdirSync(questions, { recursive: true })
  const recording: string[] = []
  for (let file = 0; file < size.files; file++) {
    const name = `q${String(file).padStart(5, '0')}`
    writeFileSync(join(questions, `${name}.toml`), questionText(name, file, size.testcases))
    recording.push(
      JSON.stringify({
        id: name,
        completions: Array.from({ length: size.completions }, (_, sample) => answer(sample)),
      }),
    )
  }
  writeFileSync(join(root, 'recording.jsonl'), `${recording.join('\n')}\n`)
  writeFileSync(join(root, 'pipeline.ts'), pipelineText(size.completions))
  return root
}

export function dropped(root: string): void {
  rmSync(root, { recursive: true, force: true })
}

function pipelineText(n: number): string {
  return `import { clean, generate, pipeline, recorded, report, test } from '${join(project, 'stages/index.ts')}'
export default pipeline({
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: ${n} }),
  clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),
  report: report({ from: 'data/results/%.toml', to: 'data/report', completions: 'data/completions/%.toml' }),
})
`
}

function questionText(name: string, seed: number, testcases: number): string {
  const cases = Array.from(
    { length: testcases },
    (_, index) =>
      `[[questions.testcases]]\ncode = 'print(shifted(${index}))'\nstdin = ''\nexpect = '${index + 7 + (seed % 3 === index ? 1 : 0)}'\n`,
  )
  return `[[questions]]\nid = '${name}'\nprompt = '''\nWrite a function shifted(n) that returns n + 7. (${seed})\n'''\n\n${cases.join('\n')}`
}

function answer(sample: number): string {
  const variant = sample % 5
  const result = variant === 4 ? 'n - 7' : 'n + 7'
  return `Here is the function:\n\n\`\`\`python\ndef shifted(n):\n    # attempt ${variant}\n    result = ${result}\n    return result\n\`\`\`\n`
}
