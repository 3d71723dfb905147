/** A sample of real programs: what the sandbox reports is what was found by running them plainly. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { corpora } from '../../../engine/testing/parts.ts'
import { type Bench, eachNative, execution, plainPython } from './testing/index.ts'

interface TestCase {
  readonly code?: string
  readonly stdin?: string
  readonly expect?: string
}
interface Question {
  readonly id: string
  readonly answer_preload?: string
  readonly capture?: 'testcase'
  readonly testcases: readonly TestCase[]
}

function linesOf<T>(path: string): T[] {
  return readFileSync(join(corpora ?? '', path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

function questionsOf(set: string): Map<string, Question> {
  const file: unknown = parse(readFileSync(join(corpora ?? '', set, 'questions.toml'), 'utf8'))
  const { questions } = file as { questions: Question[] }
  return new Map(questions.map((question) => [question.id, question]))
}

/** Every n-th of the set's answers: id, text, and whether it passes. */
function sample(set: string, name: string, n: number) {
  const truth = new Map(
    linesOf<{ id: string; sample: number; passed: boolean }>(`${set}/truth/${name}.jsonl`).map((line) => [
      `${line.id} ${line.sample}`,
      line.passed,
    ]),
  )
  const questions = questionsOf(set)
  return linesOf<{ id: string; completions: string[] }>(`${set}/cleaned/${name}.jsonl`)
    .flatMap(({ id, completions }) =>
      completions.map((text, at) => ({
        id,
        text,
        passed: truth.get(`${id} ${at}`),
        question: questions.get(id),
      })),
    )
    .filter(({ passed }) => passed !== undefined)
    .filter((_, at) => at % n === 0)
}

async function passes(bench: Bench, question: Question, text: string): Promise<boolean> {
  const { answer_preload = '', capture = 'program', testcases } = question
  for (const { code = '', stdin = '', expect } of testcases) {
    const outcome = await bench.run(answer_preload + text, { code, stdin, capture })
    if (outcome.ending !== 'exited' || outcome.status !== 0 || !outcome.began) return false
    if (expect !== undefined && outcome.stdout.trim() !== expect.trim()) return false
  }
  return true
}

eachNative(test, (bench, needs) => {
  for (const [set, name, n] of [
    ['humaneval', 'canonical', 6],
    ['humaneval', 'reflexion-simple-gpt-4', 8],
    ['humaneval', 'codegen-16b-mono-n100.cleaned', 400],
    ['mbpp', 'canonical', 15],
    ['apps', 'mapcoder-gpt4-turbo-direct.cleaned', 6],
  ] as const)
    needs(`verdicts are those of the reference: ${set}, ${name}`, async () => {
      const wrong: string[] = []
      for (const { id, text, passed, question } of sample(set, name, n))
        if (question !== undefined && (await passes(bench, question, text)) !== passed) wrong.push(id)
      assert.equal(wrong, [])
    })

  needs('status, stdout and stderr are those of python3 program.py: every program of a sample', async () => {
    const addresses = (text: string) => text.replace(/ at 0x[0-9a-f]+/g, ' at 0x')
    for (const { id, text, question } of sample('humaneval', 'codegen-16b-mono-n100.cleaned', 600)) {
      const answer = (question?.answer_preload ?? '') + text
      const code = question?.testcases[0]?.code ?? ''
      const outcome = await bench.run(answer, { code, limits: { cpuSeconds: 5 } })
      if (outcome.ending !== 'exited') continue
      const plain = plainPython(execution(answer, { code }))
      assert.is(outcome.status, plain.status, id)
      assert.is(outcome.stdout, plain.stdout, id)
      assert.is(addresses(outcome.stderr), addresses(plain.stderr), id)
    }
  })
})

test.run()
