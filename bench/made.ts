/**
 * The made workspace that benches run in: question files with so many completions and test cases each.
 *
 * All completions are one of five programs, so that a workspace of 200,000 results takes 20 executions to build: what
 * executing costs is measured by bench/throughput. Everything else (files, bytes, look-ups, rows) is of the full size,
 * and each file's expectations are its own.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { project } from './program.ts'

export interface Size {
  readonly files: number
  readonly completions: number
  readonly testcases: number
  /** Each completion is a program of its own, so that everything is executed. */
  readonly distinct?: boolean
}

export const usual: Size = { files: 1000, completions: 50, testcases: 4 }

export function resultsIn({ files, completions, testcases }: Size): number {
  return files * completions * testcases
}

export function shapeOf({ files, completions, testcases }: Size): string {
  return `${files.toLocaleString('en')} files × ${completions} × ${testcases}`
}

/** Makes the workspace; nothing is built in it yet. */
export function made(size: Size): string {
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-bench-'))
  const questions = join(root, 'data/questions')
  mkdirSync(questions, { recursive: true })
  const recording: string[] = []
  for (let file = 0; file < size.files; file++) {
    const name = nameOf(file)
    writeFileSync(join(questions, `${name}.toml`), questionText(name, file, size.testcases))
    recording.push(
      JSON.stringify({
        id: name,
        completions: Array.from(
          { length: size.completions },
          (_, sample) => `Here is the function:\n\n\`\`\`python\n${programOf(size, file, sample)}\`\`\`\n`,
        ),
      }),
    )
  }
  writeFileSync(join(root, 'recording.jsonl'), `${recording.join('\n')}\n`)
  writeFileSync(join(root, 'pipeline.ts'), pipelineText(size.completions))
  return root
}

/** Makes the workspace, and deletes it after it was used, whatever came of that. */
export async function within(size: Size, use: (root: string) => Promise<void>): Promise<void> {
  const root = made(size)
  try {
    await use(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Types a comment into the first completion of a file: another program, to be executed for each test case. */
export function editCompletion(root: string, file: number, text: string): void {
  change(join(root, `data/cleaned/${nameOf(file)}.toml`), / {4}# .*/, `    # ${text}`)
}

/** Another prompt for the question of a file: its completions are asked for anew, and the recording answers as before. */
export function editPrompt(root: string, file: number, text: string): void {
  change(join(root, `data/questions/${nameOf(file)}.toml`), /^Write a function .*/m, promptOf(text))
}

/** When outputs are the same, for all results. */
export function compareBy(root: string, mode: 'exact' | 'lines' | 'fuzzy'): void {
  change(join(root, 'pipeline.ts'), /compare: '\w+'/, `compare: '${mode}'`)
}

function change(path: string, what: RegExp, by: string): void {
  const before = readFileSync(path, 'utf8')
  const after = before.replace(what, () => by)
  if (after === before) throw new Error(`${path} is not as it was made`)
  writeFileSync(path, after)
}

export function nameOf(file: number): string {
  return `q${String(file).padStart(5, '0')}`
}

function pipelineText(n: number): string {
  return `import { clean, generate, pipeline, recorded, report, test } from '${join(project, 'stages/index.ts')}'
export default pipeline({
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: ${n} }),
  clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml', compare: 'exact' }),
  report: report({ from: 'data/results/%.toml', to: 'data/report', completions: 'data/completions/%.toml' }),
})
`
}

function questionText(name: string, seed: number, testcases: number): string {
  const cases = Array.from(
    { length: testcases },
    (_, index) =>
      `[[questions.testcases]]\ncode = '${codeOf(index)}'\nstdin = ''\nexpect = '${index + 7 + (seed % 3 === index ? 1 : 0)}'\n`,
  )
  return `[[questions]]\nid = '${name}'\nprompt = '''\n${promptOf(String(seed))}\n'''\n\n${cases.join('\n')}`
}

function promptOf(text: string): string {
  return `Write a function shifted(n) that returns n + 7. (${text})`
}

/** The code of a test case. */
export function codeOf(testcase: number): string {
  return `print(shifted(${testcase}))`
}

/** What cleaning makes of a completion; every fifth is wrong. */
export function programOf({ completions, distinct = false }: Size, file: number, sample: number): string {
  const variant = sample % 5
  const attempt = distinct ? file * completions + sample : variant
  const result = variant === 4 ? 'n - 7' : 'n + 7'
  return `def shifted(n):\n    # attempt ${attempt}\n    result = ${result}\n    return result\n`
}
