/**
 * Verdicts on many programs at once, for tests and benches of cleaning: a fork for each test case, no pool, no cache.
 * In bubblewrap where there is one, since the programs are what models wrote.
 */
import { spawn } from 'node:child_process'
import { onPath } from '../../../engine/testing/parts.ts'
import type { Question } from '../../questions/model.ts'

/** Reads trials line by line; says 1 or 0 for each. Of an answer that is called, output counts from the call on. */
const judge = `
import json, os, resource, signal, sys, tempfile, warnings
warnings.simplefilter('ignore')
seconds = int(sys.argv[1])
def compiled(text):
    try: return compile(text, 'answer', 'exec')
    except Exception: return None
def run(answer, program, code, stdin, expect):
    out, given = tempfile.TemporaryFile('w+b'), tempfile.TemporaryFile('w+b')
    given.write(stdin.encode()); given.seek(0)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            signal.alarm(30)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(given.fileno(), 0); os.dup2(null, 2); os.dup2(out.fileno() if program else null, 1)
            sys.stdin, sys.stdout = open(0, closefd=False), open(1, 'w', closefd=False)
            names = {'__name__': '__main__'}
            exec(answer, names)
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
    code = compiled(answer)
    print(int(code is not None and all(run(code, program, *each) for each in testcases)), end='', flush=True)
`

export interface Trial {
  readonly program: string
  readonly question: Question
}

export interface JudgeOptions {
  /** Of each question no more than so many test cases. What cleaning breaks, any of them shows. */
  readonly testcases?: number
  /** Of CPU time, for a test case. */
  readonly seconds?: number
  readonly processes?: number
  readonly onProgress?: ((judged: number, of: number) => void) | undefined
}

/** Whether each program passes its question's test cases; equal ones are run once. */
export async function judged(
  trials: readonly Trial[],
  { testcases = 3, seconds = 4, processes = 1, onProgress }: JudgeOptions = {},
): Promise<boolean[]> {
  const lines = trials.map(({ program, question }) =>
    JSON.stringify([
      program,
      question.capture !== 'testcase',
      question.testcases
        .slice(0, testcases)
        .map(({ code, stdin, expect = '' }) => [code, stdin, expect.trim()]),
    ]),
  )
  const distinct = [...new Set(lines)]
  let done = 0
  const parts = Array.from({ length: processes }, async (_, part) => {
    const own = distinct.filter((_, index) => index % processes === part)
    const passed = await said(own, seconds, (count) => {
      done += count
      onProgress?.(done, distinct.length)
    })
    return own.map((line, index) => [line, passed[index] === '1'] as const)
  })
  const verdicts = new Map((await Promise.all(parts)).flat())
  return lines.map((line) => verdicts.get(line) === true)
}

async function said(
  lines: readonly string[],
  seconds: number,
  onMore: (count: number) => void,
): Promise<string> {
  const python = ['/usr/bin/python3', '-c', judge, String(seconds)]
  const [command = '', ...args] = onPath('bwrap') ? [...cage, ...python] : python
  const child = spawn(command, args, { cwd: '/tmp', stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(lines.map((line) => `${line}\n`).join(''))
  let verdicts = ''
  for await (const chunk of child.stdout) {
    verdicts += String(chunk)
    onMore(String(chunk).length)
  }
  if (verdicts.length !== lines.length)
    throw new Error(`the judge ended after ${verdicts.length} of ${lines.length} programs`)
  return verdicts
}

const cage = [
  ...['bwrap', '--ro-bind', '/', '/', '--tmpfs', '/tmp', '--dev', '/dev', '--proc', '/proc'],
  ...['--unshare-all', '--die-with-parent', '--chdir', '/tmp'],
]
