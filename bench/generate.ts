/**
 * Asking for completions: how much slower than the bare client in a loop, which stores nothing; and how well a limited
 * server is used. Against the tests' model server, a process of its own.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type TestServer } from '../engine/testing/server-client.ts'
import { median, note } from './compare.ts'
import { bin, project } from './program.ts'
import type { Scale } from './scale.ts'

interface Load {
  readonly files: number
  readonly each: number
  readonly concurrency: number
  readonly chunk: number
}

/** `usual`: rates alone; what limits and sizes do takes minutes. */
export async function generate(scale: Scale): Promise<void> {
  const server = await startServer()
  try {
    await server.quiet()
    const load: Load = { files: scale === 'short' ? 4 : 200, each: 50, concurrency: 200, chunk: 1 }
    const rounds = scale === 'full' ? 3 : 1
    await throughput(server, load, rounds)
    await throughput(server, { ...load, chunk: 20 }, rounds)
    if (scale === 'full') await memory(server, { ...load, files: 1000 })
    if (scale !== 'usual') await limited(server, scale === 'short' ? 3 : 120)
  } finally {
    await server.stop()
  }
}

export async function throughput(server: TestServer, load: Load, rounds: number): Promise<void> {
  const total = load.files * load.each
  const bare: Cost[] = []
  const ours: Cost[] = []
  for (let round = 0; round < rounds; round++) {
    bare.push(await inLoop(server, load))
    ours.push(await inPipeline(server, load))
  }
  const rate = (costs: readonly Cost[]) => total / median(costs.map(({ seconds }) => seconds))
  const cpu = (costs: readonly Cost[]) => (1e6 * median(costs.map(({ cpu }) => cpu))) / total
  const what = `${total} completions, ${load.chunk} a request, ${load.concurrency} at once`
  note(
    'generate',
    `${what}: rate of the bare client's`,
    `${(rate(ours) / rate(bare)).toFixed(2)} (${rate(ours).toFixed(0)} of ${rate(bare).toFixed(0)}/s)`,
  )
  note(
    'generate',
    '  CPU a completion, of the bare client’s',
    `${cpu(ours).toFixed(0)} of ${cpu(bare).toFixed(0)} µs`,
  )
}

export async function memory(server: TestServer, load: Load): Promise<void> {
  const small = await inPipeline(server, { ...load, files: load.files / 5 })
  const large = await inPipeline(server, load)
  const size = (completions: number) => completions.toLocaleString('en')
  note(
    'generate',
    `peak memory at ${size(load.files * load.each)} of that at ${size((load.files * load.each) / 5)} completions`,
    `${(large.peakMB / small.peakMB).toFixed(2)} (${large.peakMB.toFixed(0)} of ${small.peakMB.toFixed(0)} MB)`,
  )
}

/** A token bucket of 500 requests a minute, refusals beyond; the second minute on is looked at. */
export async function limited(server: TestServer, seconds: number): Promise<void> {
  for (const headers of [false, true]) {
    await server.reset()
    await server.limits({ requestsPerMinute: 500, burst: 50, latency: [300, 900], headers })
    const root = workspace(server, { files: 60, each: 50, concurrency: 200, chunk: 1 })
    const child = spawn(process.execPath, [bin, '--quiet'], { cwd: root, stdio: 'ignore' })
    await new Promise((done) => setTimeout(done, seconds * 1000))
    const points = await server.curve()
    child.kill('SIGINT')
    await new Promise((done) => child.once('close', done))
    const from = seconds > 70 ? 60_000 : 0
    const seen = points.filter(([at]) => at >= from && at < seconds * 1000)
    const refused = seen.filter(([, , status]) => status === 429).length
    const minutes = (seconds * 1000 - from) / 60_000
    note(
      'generate',
      `500 requests a minute, ${headers ? 'x-ratelimit headers' : 'no headers'}, from second ${from / 1000} to ${seconds}`,
      `${((100 * (seen.length - refused)) / (500 * minutes)).toFixed(1)} % used, ${((100 * refused) / Math.max(1, seen.length)).toFixed(2)} % refused`,
    )
    rmSync(root, { recursive: true, force: true })
  }
}

interface Cost {
  readonly seconds: number
  /** User and system time of the process, in seconds. */
  readonly cpu: number
  readonly peakMB: number
}

async function inPipeline(server: TestServer, load: Load): Promise<Cost> {
  await server.reset()
  const root = workspace(server, load)
  const cost = await timed([bin, '--quiet'], root)
  const { answers } = await server.counts()
  if (answers !== load.files * load.each) throw new Error(`${answers} answers`)
  rmSync(root, { recursive: true, force: true })
  return cost
}

/** What the client alone takes for the same: each answer parsed and dropped. */
async function inLoop(server: TestServer, { files, each, concurrency, chunk }: Load): Promise<Cost> {
  await server.reset()
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-bench-'))
  const text = `import OpenAI from '${join(project, 'node_modules/openai/index.mjs')}'
const client = new OpenAI({ apiKey: 'x', baseURL: '${server.url}', maxRetries: 0 })
let left = ${(files * each) / chunk}
const n = ${chunk} > 1 ? { n: ${chunk} } : {}
async function worker() {
  while (left-- > 0) {
    const content = 'Write a function shifted(n) that returns n + 7. (' + left + ')'
    const answer = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content }], ...n })
    if (answer.choices.length !== ${chunk}) throw new Error('choices')
  }
}
await Promise.all(Array.from({ length: ${concurrency} }, worker))
`
  writeFileSync(join(root, 'loop.mjs'), text)
  const cost = await timed([join(root, 'loop.mjs')], root)
  rmSync(root, { recursive: true, force: true })
  return cost
}

function workspace(server: TestServer, { files, each, concurrency, chunk }: Load): string {
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-bench-'))
  mkdirSync(join(root, 'data/questions'), { recursive: true })
  for (let file = 0; file < files; file++)
    writeFileSync(
      join(root, `data/questions/q${file}.toml`),
      `[[questions]]\nid = 'q${file}'\nprompt = 'Write a function shifted(n) that returns n + 7. (${file})'\n`,
    )
  writeFileSync(
    join(root, 'pipeline.ts'),
    `import { generate, openai, pipeline } from '${join(project, 'stages/index.ts')}'
export default pipeline({
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', n: ${each},
    provider: openai({ model: 'm', baseURL: '${server.url}', concurrency: ${concurrency}, chunk: ${chunk} }) }),
})
`,
  )
  return root
}

function timed(args: readonly string[], cwd: string): Promise<Cost> {
  return new Promise((done, failed) => {
    const started = performance.now()
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    let [cpu, peakMB] = [0, 0]
    const timer = setInterval(() => {
      const now = usageOf(child.pid)
      cpu = Math.max(cpu, now.cpu)
      peakMB = Math.max(peakMB, now.peakMB)
    }, 10)
    child.on('close', (code) => {
      clearInterval(timer)
      if (code === 0) done({ seconds: (performance.now() - started) / 1000, cpu, peakMB })
      else failed(new Error(`exit status ${code}`))
    })
  })
}

/** As the kernel counts it, at a hundred ticks a second; nothing where there is no /proc. */
function usageOf(pid: number | undefined): { readonly cpu: number; readonly peakMB: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, peakMB: Number(peak ?? 0) / 1024 }
  } catch {
    return { cpu: 0, peakMB: 0 }
  }
}
