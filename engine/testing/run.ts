/**
 * `npm test`: every `*.test.ts`, each in a process of its own, one more at a time than there are processors: with as many
 * as processors these were idle for two fifths of the time, for tests wait for time limits, watchers and servers; with two
 * more, programs met their limits of wall time before those of CPU time. Those that take minutes begin first, so that none
 * of them is left to run alone at the end.
 *
 * uvu's own runner has no time limit, and a test file that forgets `test.run()` exits 0 without a test. Both are
 * failures here: a file must print uvu's totals within its time, and count at least one test.
 *
 *     npm test                   all
 *     npm test -- cache edits    files whose path contains one of the words
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'

const minutesAFile = 10
const filesAtOnce = availableParallelism() + 1
const slow =
  /parity|attacks|durability|incremental|secrecy|commands|ordinary-user|people|native-|test\/index|failures|machine|corpora|glance/
const folders = ['engine', 'stages', 'bench']

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

function testFiles(words: readonly string[]): string[] {
  const all = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => join(folder, path)),
  )
  const wanted = all.filter((path) => words.length === 0 || words.some((word) => path.includes(word))).sort()
  return [...wanted.filter((path) => slow.test(path)), ...wanted.filter((path) => !slow.test(path))]
}

function runFile(path: string): Promise<Counts> {
  return new Promise((resolve) => {
    const started = Date.now()
    const child = spawn(process.execPath, ['--import', 'tsx', path], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    let output = ''
    let late = false
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, minutesAFile * 60_000)
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      const counts = counted(output, status === 0)
      const why = late
        ? `over ${minutesAFile} minutes`
        : signal
          ? `died of ${signal}`
          : counts === undefined
            ? 'ran no test'
            : ''
      const result = counts === undefined || why !== '' ? { passed: 0, failed: 1, skipped: 0 } : counts
      const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : ''
      console.log(
        `${result.failed === 0 ? 'ok  ' : 'FAIL'} ${path}  ${result.passed} passed${skipped}  ${((Date.now() - started) / 1000).toFixed(1)} s ${why}`,
      )
      if (result.failed > 0) console.log(output)
      else
        for (const line of output.split('\n'))
          if (line.startsWith('skipped, no ')) console.log(`     ${line}`)
      resolve(result)
    })
  })
}

/** uvu's totals; undefined when there are none, or when no test was run and none skipped. */
function counted(output: string, ok: boolean): Counts | undefined {
  const number = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? Number.NaN)
  const [total, passed, skipped] = [number('Total'), number('Passed'), number('Skipped')]
  if (Number.isNaN(total) || total + skipped === 0) return undefined
  return { passed, skipped, failed: Math.max(total - passed, ok ? 0 : 1) }
}

const limit = pLimit(filesAtOnce)
const results = await Promise.all(testFiles(process.argv.slice(2)).map((path) => limit(runFile, path)))
const sum = (pick: (counts: Counts) => number) => results.reduce((total, counts) => total + pick(counts), 0)
const [passed, failed, skipped] = [sum((c) => c.passed), sum((c) => c.failed), sum((c) => c.skipped)]
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
