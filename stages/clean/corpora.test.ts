/** Cleaning of real answers, against the verdicts of their own authors' cleaning: none that was right may come out wrong. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { corpora, needing } from '../../engine/testing/parts.ts'
import type { Question } from '../questions/model.ts'
import { readQuestions } from '../questions/read.ts'
import { cleanCompletion } from './rules.ts'

/** Runs answers, each test case in a fork of its own; says 1 or 0 for each. Output counts from the code on. */
const judge = `
import json, os, resource, signal, sys, tempfile
def run(answer, program, code, stdin, expect):
    out, given = tempfile.TemporaryFile('w+b'), tempfile.TemporaryFile('w+b')
    given.write(stdin.encode()); given.seek(0)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (4, 5)); resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            signal.alarm(30)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(given.fileno(), 0); os.dup2(null, 2); os.dup2(out.fileno() if program else null, 1)
            sys.stdin, sys.stdout = open(0, closefd=False), open(1, 'w', closefd=False)
            names = {'__name__': '__main__'}
            exec(compile(answer, 'answer', 'exec'), names)
            sys.stdout.flush(); os.dup2(out.fileno(), 1)
            exec(compile(code, 'code', 'exec'), names)
            sys.stdout.flush(); status = 0
        except SystemExit as end: status = 1 if end.code else 0
        except BaseException: pass
        finally: os._exit(status)
    status = os.waitpid(pid, 0)[1]
    out.seek(0)
    printed = out.read(1 << 20).decode('utf-8', 'replace').strip()
    # An answer may print on its way; the references did not look at that.
    return status == 0 and (printed == expect if program else printed.endswith(expect))
for line in sys.stdin:
    answer, program, testcases = json.loads(line)
    print(int(all(run(answer, program, *each) for each in testcases)), end='', flush=True)
`

interface Answer {
  readonly id: string
  readonly sample: number
  readonly raw: string
}

function lines(path: string): { id: string; sample?: number; passed?: boolean; completions?: string[] }[] {
  return readFileSync(join(corpora ?? '', path), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

async function questionsOf(set: string): Promise<ReadonlyMap<string, Question>> {
  const path = join(corpora ?? '', set, 'questions.toml')
  const { file } = await readQuestions(readFileSync(path, 'utf8'), path)
  return new Map(file.questions.map((question) => [question.id, question]))
}

async function verdicts(set: string, answers: readonly Answer[]): Promise<boolean[]> {
  const questions = await questionsOf(set)
  const runs = answers.map(({ id, raw }) => {
    const question = questions.get(id)
    if (question === undefined) throw new Error(`no question ${id}`)
    // What cleaning breaks, any test case shows.
    const testcases = question.testcases
      .slice(0, 3)
      .map(({ code, stdin, expect = '' }) => [code, stdin, expect.trim()])
    const { text } = cleanCompletion(raw, question)
    return `${JSON.stringify([text, question.capture !== 'testcase', testcases])}\n`
  })
  const python = spawn('/usr/bin/python3', ['-c', judge], { cwd: '/tmp', stdio: ['pipe', 'pipe', 'inherit'] })
  python.stdin.end(runs.join(''))
  let said = ''
  for await (const chunk of python.stdout) said += String(chunk)
  assert.is(said.length, runs.length)
  return [...said].map((each) => each === '1')
}

/** Judges the answers that the reference passes, or all when it is known how many can be right. */
async function compare(set: string, name: string, every = 1, least?: number): Promise<void> {
  const truth = lines(`${set}/truth/${name}.cleaned.jsonl`)
  const right = new Set(
    truth.flatMap(({ id, sample = 0, passed }) => (passed === true ? [`${id}#${sample}`] : [])),
  )
  const answers = lines(`${set}/completions/${name}.raw.jsonl`)
    .flatMap(({ id, completions = [] }) => completions.map((raw, sample) => ({ id, sample, raw })))
    .filter(({ id, sample }) => sample % every === 0 && (least !== undefined || right.has(`${id}#${sample}`)))
  const passed = await verdicts(set, answers)
  const names = answers.map(({ id, sample }) => `${id}#${sample}`)
  assert.equal(
    names.filter((each, i) => right.has(each) && passed[i] !== true),
    [],
  )
  const count = passed.filter(Boolean).length
  assert.ok(count >= (least ?? 1), `${count} passed, not ${least}`)
}

const parts = ['corpora', 'python3']
for (const [manner, least] of [
  ['cot', 146],
  ['selfplanning', 141],
  ['analogical', 141],
] as const)
  needing(test, parts, `chat answers (${manner}) come out as right as they were`, () =>
    compare('humaneval', `mapcoder-gpt4turbo-${manner}`, 1, least),
  )
for (const manner of ['direct', 'cot'])
  needing(test, parts, `whole programs (${manner}) come out as right as they were`, () =>
    compare('apps', `mapcoder-gpt4-turbo-${manner}`),
  )
needing(test, parts, "a base model's continuations come out as right as they were", () =>
  compare('humaneval', 'codegen-16b-mono-n100', 20),
)

needing(test, ['corpora'], 'a program of the corpora is changed by nothing', async () => {
  for (const set of ['humaneval', 'mbpp']) {
    const questions = await questionsOf(set)
    for (const { id, completions = [] } of lines(`${set}/cleaned/canonical.jsonl`)) {
      const question = questions.get(id)
      const program = `${question?.answer_preload ?? ''}${completions[0]}`.replace(/\r\n?/g, '\n')
      if (question !== undefined) assert.is(cleanCompletion(program, question).text, program, id)
    }
  }
})

test.run()
