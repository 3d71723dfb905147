/** Killed at any moment, and two at once: nothing is lost, nothing is done twice. Through the command line. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from './testing/parts.ts'
import { startServer, type TestServer } from './testing/server-client.ts'
import { TestFolder } from './testing/workspace.ts'

const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta']
const n = 4

const question = (name: string) => `[[questions]]
id = '${name}'
prompt = 'Write ${name}(n).'

[[questions.testcases]]
code = 'print(${name}(2))'
expect = '4'

[[questions.testcases]]
code = 'print(${name}(3))'
expect = '6'
`

const servers: TestServer[] = []

async function serving(): Promise<TestServer> {
  const server = await startServer()
  servers.push(server)
  return server
}

// A test that fails does not come to stop its server, and the process would wait for it.
test.after(async () => {
  for (const server of servers) await server.stop()
})

function folderFor(server: TestServer, concurrency = 2): TestFolder {
  const folder = new TestFolder()
  for (const name of names) folder.write(`data/questions/${name}.toml`, question(name))
  folder.pipeline(`
    generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml',
      provider: openai({ model: 'gpt-4o-mini', baseURL: '${server.url}', concurrency: ${concurrency}, chunk: 1 }), n: ${n} }),
    clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
    test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),
    report: report({ from: 'data/results/%.toml', to: 'data/report', files: ['results.csv', 'summary.json', 'summary.txt'] }),`)
  return folder
}

/** The same answer to the same question, however often it is asked, so that runs can be compared. */
async function answering(server: TestServer, delay: number): Promise<void> {
  const steps = names.map((name, index) => ({
    times: 0,
    when: `Write ${name}(`,
    delay,
    text: `\`\`\`python\ndef ${name}(n):\n    return n ${index % 2 ? '*' : '+'} 2\n\`\`\``,
  }))
  await server.script(...steps)
}

/** Resolves when the process has said this. */
async function heard(child: ChildProcess, text: string): Promise<void> {
  let output = ''
  await new Promise<void>((found) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk
      if (output.includes(text)) found()
    })
  })
}

const env = { OPENAI_API_KEY: 'sk-test' }

needing(
  test,
  ['bwrap'],
  '50 runs killed at random moments, then one to the end: the same bytes as an undisturbed run',
  async () => {
    const server = await serving()
    await answering(server, 20)
    const calm = folderFor(server)
    assert.is((await calm.run([], { env })).code, 0)
    const asked = (await server.log()).length
    assert.is(asked, names.length * n)

    const stormy = folderFor(server)
    let killed = 0
    for (let run = 0; run < 50; run++) {
      const { code } = await stormy.run([], { env, killAfter: Math.random() * 900 })
      if (code === -1) killed++
      // Once all is built a run is too short to be killed at work; taking something away gives it work again.
      else
        for (const folder of ['results', 'cleaned', 'report'].slice(0, run % 4))
          stormy.remove(`data/${folder}`)
    }
    const { code, stdout } = await stormy.run([], { env })
    assert.is(code, 0, stdout)
    assert.equal(stormy.tree(), calm.tree())
    assert.ok(killed > 10, `${killed} killed`)
    // At most the two requests that were under way at a kill are asked for again.
    const twice = (await server.log()).length - 2 * asked
    assert.ok(twice <= 2 * killed, `${twice} asked for twice in ${killed} kills`)
    console.log(`${killed} of 50 runs killed, ${twice} requests in flight lost`)
    await server.stop()
    calm.destroy()
    stormy.destroy()
  },
)

needing(test, ['bwrap'], 'two runs at once: both end well and nothing is done twice', async () => {
  const server = await serving()
  await answering(server, 30)
  const folder = folderFor(server)
  const [one, two] = await Promise.all([folder.run([], { env }), folder.run([], { env })])
  assert.equal([one.code, two.code], [0, 0], one.stdout + two.stdout)
  assert.is((await server.log()).length, names.length * n)
  assert.is(one.summary.requests + two.summary.requests, names.length * n)
  // Four completions of a question are one text here, so two executions a question.
  assert.is(one.summary.executions + two.summary.executions, names.length * 2)
  const { summary } = await folder.run([], { env })
  assert.is(summary.built, 0)
  await server.stop()
  folder.destroy()
})

needing(test, ['bwrap'], 'a run does not wait with one file for the generation of another', async () => {
  const server = await serving()
  await answering(server, 0)
  await server.script({ times: 0, when: 'Write alpha(', delay: 15_000, text: 'def alpha(n):\n    return n' })
  const folder = folderFor(server, 16)
  const slow = folder.start(['--json'], { env })
  const ended = once(slow, 'close')
  await heard(slow, '"type":"units"')
  const second = folder.start(['test', '--json'], { env })
  let output = ''
  second.stdout?.on('data', (chunk) => (output += chunk))
  await once(second, 'close')
  const lines = output.split('\n')
  const at = (text: RegExp) => lines.findIndex((line) => text.test(line))
  assert.ok(at(/"target-waiting","target":"generate\/alpha"/) >= 0, output)
  assert.ok(
    at(/"target-finished","target":"test\/beta"/) < at(/"target-finished","target":"generate\/alpha"/),
  )
  await ended
  assert.is((await server.log()).filter(({ body }) => JSON.stringify(body).includes('alpha(')).length, n)
  await server.stop()
  folder.destroy()
})

needing(test, ['bwrap'], 'Ctrl-C: exit 130, and what had arrived is not asked for again', async () => {
  const server = await serving()
  await answering(server, 150)
  const folder = folderFor(server)
  const child = folder.start(['--json'], { env })
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  await heard(child, '"type":"unit-done"')
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  assert.is(code, 130)
  assert.match(output.trim().split('\n').at(-1) ?? '', /"type":"summary".*"interrupted":true/)
  assert.is((await folder.run([], { env })).code, 0)
  const log = (await server.log()).length
  assert.ok(log <= names.length * n + 2, `${log} requests`)
  await server.stop()
  folder.destroy()
})

/** Paid responses on disk, read as any reader would: whole lines only. */
function stored(folder: TestFolder): number {
  const segments = existsSync(folder.at('cache/responses'))
    ? Object.values(folder.tree('cache/responses'))
    : []
  const keys = segments.flatMap((text) => text.match(/^[0-9a-f]{8} \{"key":"[0-9a-f]{32}.*\n/gm) ?? [])
  return new Set(keys.map((line) => line.slice(17, 49))).size
}

/** Each kill takes a start of the program: KILLS=100 makes it 2,000 completions and four minutes. */
const kills = Number(process.env['KILLS'] ?? 12)

test('killed at random moments of a long generation, only what was on its way is asked for again', async () => {
  const [each, concurrency] = [20, 8]
  const server = await serving()
  await server.limits({ latency: [20, 60] })
  const folder = new TestFolder()
  for (let index = 0; index < kills; index++)
    folder.write(`data/questions/q${index}.toml`, question(`q${index}`))
  folder.pipeline(`
    generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', n: ${each},
      provider: openai({ model: 'm', baseURL: '${server.url}', concurrency: ${concurrency}, chunk: 1 }) }),`)
  let [killed, lost, most] = [0, 0, 0]
  while (killed < kills) {
    // What there is to do takes a tenth of a second for each kill, so that the last one still finds some.
    const ran = await folder.run([], { killOn: '"unit-done"', killAfter: Math.random() * 120 })
    if (ran.code !== -1) break
    killed++
    // The server sees the connections close, and notes what it could not send.
    await new Promise((resolve) => setTimeout(resolve, 20))
    const paid = (await server.counts()).answers
    const kept = stored(folder)
    const said = ran.events.filter(({ type }) => type === 'unit-done').length
    assert.ok(kept >= said, `${said} said to be done, and ${kept} stored`)
    most = Math.max(most, paid - lost - kept)
    assert.ok(paid - lost - kept <= concurrency, `${paid - lost - kept} lost at once`)
    lost = paid - kept
  }
  const { code, stdout } = await folder.run()
  assert.is(code, 0, stdout)
  const { answers } = await server.counts()
  assert.is(stored(folder), kills * each)
  assert.is(answers - lost, kills * each)
  console.log(
    `${killed} kills: ${lost} answers on their way were lost and asked for again, at most ${most} at a kill`,
  )
  assert.is(killed, kills)
  await server.stop()
  folder.destroy()
})

test.run()
