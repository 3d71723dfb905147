/**
 * The key is seen by the server it is for, and by nobody else: not in a file, not in what is printed, not by a program
 * under test. Against a server that gives it away wherever it can, through the command line.
 */
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { type Step, startServer, type TestServer } from '../../engine/testing/server-client.ts'
import { TestFolder } from '../../engine/testing/workspace.ts'

/** With characters that JSON, and some servers' JSON, write in another way, and HTML too. */
const key = 'top-secret/"quoted"\\&<0123456789>+abcdef='
const other = 'second/secret&9876543210'

let server: TestServer
test.before(async () => {
  server = await startServer()
})
test.before.each(() => server.reset())
test.after(() => server.stop())

const question = (id: string) => `[[questions]]
id = '${id}'
prompt = 'Write ${id}.'
[[questions.testcases]]
code = 'print(1)'
expect = '1'
`

function folderFor(options = '', more = ''): TestFolder {
  const folder = new TestFolder()
  folder.write('data/questions/a.toml', question('a') + question('b'))
  folder.pipeline(`
    generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', n: 3,
      provider: openai({ model: 'm', baseURL: '${server.url}', chunk: 1, poll: 0.02, concurrency: 1,
        retry: { attempts: 2, first: 0.001, floor: 0.001, cap: 0.01 }, ${options} }) }),
    clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml', questions: 'data/questions/%.toml' }),
    ${more}`)
  return folder
}

/** The secret as it is, and as JSON and HTML write it. */
const spellings = (secret: string): readonly string[] => [
  ...new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('/', '\\/'),
    secret.replaceAll('&', '&amp;'),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ]),
]

/** What holds a secret, of the folder's files. */
function leaksIn(folder: TestFolder, secrets: readonly string[]): readonly string[] {
  return readdirSync(folder.path, { recursive: true, encoding: 'utf8' })
    .filter((path) => path !== '.env' && path !== 'pipeline.ts' && statSync(folder.at(path)).isFile())
    .filter((path) => holds(readFileSync(join(folder.path, path)), secrets))
}

function holds(text: string | Buffer, secrets: readonly string[]): boolean {
  const bytes = Buffer.from(text)
  return secrets.flatMap(spellings).some((spelling) => bytes.includes(spelling))
}

type Env = { readonly [name: string]: string | undefined }

/** Commands, in every manner of speaking; returns all that was said. */
async function everything(
  folder: TestFolder,
  env: Env,
  { secrets = [key], commands = [['--verbose']] }: Telling = {},
): Promise<string> {
  let all = ''
  for (const args of commands) {
    const { stdout, stderr } = await folder.plain(args, { env })
    assert.not.ok(holds(stdout, secrets), `${args}: ${stdout}`)
    assert.not.ok(holds(stderr, secrets), `${args}: ${stderr}`)
    all += stdout + stderr
  }
  assert.equal(leaksIn(folder, secrets), [])
  return all
}

interface Telling {
  readonly secrets?: readonly string[]
  readonly commands?: readonly (readonly string[])[]
}

const each = [
  ['plan'],
  ['--verbose'],
  ['--json'],
  ['why', 'data/completions/a.toml'],
  ['status', '--verbose'],
  ['plan', '--json'],
]

test('no command says or writes the key, whether answers hold it or errors do', async () => {
  for (const step of [{ echo: true }, { status: 400, echo: true }]) {
    const folder = folderFor()
    await server.script({ ...step, times: 0 })
    await everything(folder, inEnvironment, { commands: each })
    folder.destroy()
  }
})

const inEnvironment = { OPENAI_API_KEY: key }
const sent = async () => [...new Set((await server.log()).map(({ headers }) => headers.authorization))]

const scripts: readonly (readonly [string, readonly Step[], RegExp])[] = [
  ['answers that hold it', [{ echo: true, times: 0 }], /built generate|completions/],
  ['401', [{ status: 401, echo: true, times: 0 }], /refuses the key.*\[key\]/],
  ['400', [{ status: 400, echo: true, times: 0 }], /does not accept.*\[key\]/],
  ['500', [{ status: 500, echo: true, times: 0 }], /gave no answer.*\[key\]/],
  ['429', [{ status: 429, echo: true, times: 0 }], /gave no answer.*\[key\]/],
  [
    '429, a quota',
    [{ status: 429, echo: true, times: 0, error: { message: 'no', code: 'insufficient_quota' } }],
    /quota.*\[key\]/,
  ],
  ['bodies that are cut off', [{ echo: true, cut: true, times: 0 }], /gave no answer/],
  ['bodies that are too short', [{ echo: true, wrongLength: -20, times: 0 }], /gave no answer/],
  ['an HTML page', [{ raw: `<html><p>Your key ${key} is no good</p></html>`, times: 0 }], /Your key \[key\]/],
  [
    'an HTML page, escaped',
    [
      {
        raw: `<p>Your key ${key.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')} is no good</p>`,
        times: 0,
      },
    ],
    /Your key \[key\]/,
  ],
  [
    'an HTML page with status 403',
    [{ raw: `<html><p>Your key ${key} is no good</p></html>`, status: 403, times: 0 }],
    /Your key \[key\]|forbids/,
  ],
  ['no JSON', [{ raw: `{"error": "${key}`, times: 0 }], /\[key\]/],
  [
    'an error inside a 200',
    [{ raw: JSON.stringify({ error: { message: `bad ${key}`, code: 401 } }), times: 0 }],
    /bad \[key\]/,
  ],
  [
    'an error that is no object',
    [{ raw: JSON.stringify({ error: `bad ${key}` }), status: 400, times: 0 }],
    /does not accept/,
  ],
  [
    'an error whose code is the key',
    [{ status: 400, error: { message: 'no', code: key, type: key, param: key }, times: 0 }],
    /does not accept/,
  ],
  [
    'JSON with escaped slashes',
    [
      {
        raw: JSON.stringify({
          choices: [{ index: 0, finish_reason: 'stop', message: { content: `x = 1 # ${key}` } }],
          usage: { a: key },
          model: key,
        }).replaceAll('/', '\\/'),
        times: 0,
      },
    ],
    /./,
  ],
  [
    'JSON all in numbers',
    [
      {
        raw: `{"choices":[{"index":0,"message":{"content":"${[...key].map((c) => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`).join('')}"}}]}`,
        times: 0,
      },
    ],
    /./,
  ],
  ['the id of a request', [{ headers: { 'x-request-id': key }, times: 0 }], /./],
]

for (const [what, steps, said] of scripts)
  test(`the server gives the key away: ${what}`, async () => {
    const folder = folderFor()
    await server.script(...steps)
    assert.match(await everything(folder, inEnvironment), said)
    assert.equal(await sent(), [`Bearer ${key}`])
    folder.destroy()
  })

for (const [what, script, steps] of [
  ['answers', {}, [{ echo: true, times: 0 }]],
  ['errors', {}, [{ status: 400, echo: true, times: 0 }]],
  ['a rejection', { reject: `no, ${key}`, times: 0 }, []],
] as const)
  test(`a batch gives the key away: ${what}`, async () => {
    const folder = folderFor("mode: 'batch',")
    await server.batches(script)
    await server.script(...steps)
    await everything(folder, inEnvironment)
    assert.ok((await server.calls()).length > 3)
    folder.destroy()
  })

test('a key in a header of its own, and another secret in the headers', async () => {
  for (const step of [
    { echo: true },
    { status: 401, echo: true },
    { status: 500, error: { message: other } },
  ]) {
    const folder = folderFor(`keyHeader: 'api-key', headers: { 'x-api-key': '${other}' },`)
    await server.reset()
    await server.script({ ...step, times: 0 })
    await everything(folder, inEnvironment, { secrets: [key, other] })
    const [request] = await server.log()
    assert.equal([request?.headers['api-key'], request?.headers['x-api-key']], [key, other])
    folder.destroy()
  }
})

test('a secret in the query is none of the files’ business', async () => {
  for (const step of [{ text: other }, { status: 401, error: { message: other } }]) {
    const folder = folderFor(`query: { 'api-key': '${other}' },`)
    await server.reset()
    await server.script({ ...step, times: 0 })
    await everything(folder, inEnvironment, { secrets: [key, other] })
    assert.is((await server.log())[0]?.query['api-key'], other)
    folder.destroy()
  }
})

for (const [mode, warnings] of [
  [0o644, 1],
  [0o600, 0],
] as const)
  test(`a key in .env with mode ${mode.toString(8)}: ${warnings === 0 ? 'nothing is said' : 'warned about once'}`, async () => {
    const folder = folderFor()
    folder.write('data/questions/c.toml', question('c'))
    folder.write('.env', `OPENAI_API_KEY='${key}'\n`)
    chmodSync(folder.at('.env'), mode)
    await server.script({ echo: true, times: 0 })
    const first = await folder.plain([], {})
    assert.is((first.stdout + first.stderr).split('chmod 600').length - 1, warnings)
    await everything(folder, {})
    assert.equal(await sent(), [`Bearer ${key}`])
    folder.destroy()
  })

test('nobody sees the key among the processes: not in arguments, and not in the environment of one that was started', async () => {
  const folder = folderFor()
  folder.write('.env', `OPENAI_API_KEY='${key}'\n`)
  await server.script({ delay: 300, times: 0 })
  const child = folder.start([])
  const seen: string[] = []
  let looks = 0
  const timer = setInterval(() => {
    looks++
    for (const pid of [String(child.pid), ...childrenOf(child.pid)])
      for (const name of ['cmdline', 'environ', 'comm']) seen.push(readQuietly(`/proc/${pid}/${name}`))
  }, 50)
  await new Promise((done) => child.on('close', done))
  clearInterval(timer)
  assert.ok(looks > 5)
  assert.not.ok(holds(seen.join('\n'), [key]))
  folder.destroy()
})

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function childrenOf(pid: number | undefined): readonly string[] {
  return readQuietly(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean)
}

/** Looks for the key wherever a program may look, and says what it saw. */
const spy = `import glob, os
print(dict(os.environ))
for path in ['/proc/1/environ', '/proc/self/environ', '/proc/1/cmdline', *glob.glob('/proc/[0-9]*/environ'), '.env', '../.env',
             '../../.env', '../../../.env', 'FOLDER/.env', 'FOLDER/pipeline.ts', *glob.glob('FOLDER/cache/**', recursive=True)]:
    try:
        with open(path, 'rb') as file:
            print(path, file.read())
    except Exception as error:
        print(path, type(error).__name__)
`

for (const [sandbox, parts] of [
  ['bwrap', ['bwrap']],
  ['pyodide', []],
] as const)
  needing(test, parts, `a program under test does not see the key: ${sandbox}`, async () => {
    const folder = folderFor(
      '',
      "test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),\n report: report({ from: 'data/results/%.toml', to: 'data/report', files: ['results.csv', 'summary.json', 'summary.txt'] }),",
    )
    folder.write('.env', `OTHER_KEY='${other}'\nOPENAI_API_KEY='${key}'\n`)
    const text =
      sandbox === 'bwrap' ? spy.replaceAll('FOLDER', folder.path) : 'import os\nprint(dict(os.environ))'
    await server.script({ text: `\`\`\`python\n${text}\n\`\`\``, times: 0 })
    const env = { OPENAI_API_KEY: key, CODEX_SECRET_NOTE: other }
    const { code, stdout, stderr } = await folder.plain(['--sandbox', sandbox, '--verbose'], { env })
    assert.is(code, 0, stdout + stderr)
    assert.match(folder.read('data/results/a.toml'), /environ|PATH|HOME|\{/)
    assert.equal(leaksIn(folder, [key, other]), [])
    assert.not.ok(holds(stdout + stderr, [key, other]))
    assert.ok(folder.tree('data/report')['results.csv'] !== undefined)
    folder.destroy()
  })

test.run()
