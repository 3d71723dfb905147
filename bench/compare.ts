/** Measuring, for all benches: a command's wall time and peak memory, medians, and one table at the end. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Measured {
  readonly seconds: number
  /** Largest resident set of the process itself, in MB; 0 where /proc does not tell. */
  readonly peakMB: number
  readonly code: number
  readonly stdout: string
}

export function measure(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
  heard?: (line: string, seconds: number) => void,
): Promise<Measured> {
  return new Promise((done, failed) => {
    const started = process.hrtime.bigint()
    const seconds = () => Number(process.hrtime.bigint() - started) / 1e9
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    let peakMB = 0
    child.stdout.on('data', (chunk) => (stdout += chunk))
    if (heard !== undefined)
      createInterface({ input: child.stdout }).on('line', (line) => heard(line, seconds()))
    const timer = setInterval(() => {
      peakMB = Math.max(peakMB, peakOf(child.pid))
    }, 20)
    child.on('error', failed)
    child.on('close', (code) => {
      clearInterval(timer)
      done({ seconds: seconds(), peakMB, code: code ?? -1, stdout })
    })
  })
}

/** The kernel's own high-water mark, so that a look now and then misses only the end. */
export function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Runs each in turn, round by round, so that a slow minute of the machine hits all alike; medians by name. */
export async function rounds(
  count: number,
  rivals: { readonly [name: string]: () => Promise<number> },
): Promise<{ readonly [name: string]: number }> {
  const times = new Map<string, number[]>()
  for (let round = 0; round < count; round++)
    for (const [name, run] of Object.entries(rivals))
      times.set(name, [...(times.get(name) ?? []), await run()])
  return Object.fromEntries([...times].map(([name, each]) => [name, median(each)]))
}

export interface Line {
  readonly bench: string
  readonly what: string
  readonly value: string
  /** What is to be reached, where there is such a thing. */
  readonly goal: string
}

const lines: Line[] = []

export function note(bench: string, what: string, value: string, goal = ''): void {
  lines.push({ bench, what, value, goal })
  console.log(`${bench.padEnd(12)} ${what.padEnd(64)} ${value}${goal === '' ? '' : `   [goal: ${goal}]`}`)
}

export function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`
}

/** `+ 120 ms`, or `- 5 ms` where a run that does more happened to take less. */
export function more(seconds: number): string {
  return `${seconds < 0 ? '-' : '+'} ${ms(Math.abs(seconds))}`
}

export function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`
}

export function mb(megabytes: number): string {
  return `${megabytes.toFixed(0)} MB`
}

export function table(): string {
  return [
    '| bench | what | figure | goal |',
    '|---|---|---|---|',
    ...lines.map(({ bench, what, value, goal }) => `| ${bench} | ${what} | ${value} | ${goal} |`),
  ].join('\n')
}
