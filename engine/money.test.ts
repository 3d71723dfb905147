/** What is paid, what may be paid, and what is said of it. Through the command line, with a stage that sells answers. */
import { resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dollars, dollarsFrom, thousands, tokensFrom } from './money.ts'
import { spentLines } from './spent.ts'
import { startServer } from './testing/server-client.ts'
import { TestFolder } from './testing/workspace.ts'

const project = resolve(import.meta.dirname, '..')

/** What the stage under test is to do. */
interface Shop {
  readonly targets: number
  /** Answers a target. */
  readonly n?: number
  /** US dollars an answer; undefined: nobody knows. */
  readonly price?: number | undefined
  /** JavaScript that is run before an answer is sold, e.g. to throw; knows `name`, `sample` and `Failure`. */
  readonly before?: string
}

/** A pipeline whose stage buys answers, within the budget, and is incomplete without those that it can't have. */
function shop({ targets, n = 2, price, before = '' }: Shop): TestFolder {
  const folder = new TestFolder()
  for (let at = 0; at < targets; at++) folder.write(`in/q${String(at).padStart(3, '0')}.txt`, `${at}\n`)
  folder.write(
    'pipeline.ts',
    `import { each, pipeline } from '${project}/stages/index.ts'
import { digestOf, Failure } from '${project}/engine/stage.ts'
const price = ${price}
const buy = (job, name, sample) => job.unit({
  kind: 'request', key: digestOf(name + '#' + sample), estimate: price,
  make: async (signal) => {
    ${before}
    const held = await job.options.budget?.reserve({ what: 'm-1', cost: price, tokens: 100 }, signal)
    job.count('request')
    held?.settle({ cost: price, tokens: 60 })
    return { text: name, model: 'm-1', tokens_in: 10, tokens_out: 50, ...(price === undefined ? {} : { cost: price }) }
  },
})
export default pipeline({
  buy: {
    kind: 'buy', version: 1, from: ['in/%.txt'], to: 'out/%.txt', whole: false, kept: false, params: {}, files: [], targetsAtOnce: 1,
    build: async (job) => {
      const bought = await Promise.allSettled(Array.from({ length: ${n} }, (_, sample) => buy(job, job.name, sample)))
      const had = bought.filter(({ value }) => value !== undefined).length
      const failure = bought.find(({ status }) => status === 'rejected')?.reason
      if (failure !== undefined && had === 0) throw failure
      return {
        outputs: [{ path: job.output, text: had + ' of ${n}\\n' }],
        ...(failure === undefined ? {} : { incomplete: had + ' of ${n} answers', because: failure }),
      }
    },
  },
  after: each({ from: 'out/%.txt', to: 'after/%.txt', run: (text) => text }),
})
`,
  )
  return folder
}

const lines = (text: string, pattern: RegExp) => text.split('\n').filter((line) => pattern.test(line))

test('a run says how many completions came and what they cost; the next one, which pays nothing, does not', async () => {
  const folder = shop({ targets: 3, n: 4, price: 0.0026 })
  const { stdout } = await folder.plain()
  assert.match(stdout, '12 requests, 12 completions, $0.0312, ')
  const { summary } = await folder.run()
  assert.equal(summary.paid, { completions: 0, tokens_in: 0, tokens_out: 0, cost: 0, unpriced: 0 })
  folder.destroy()
})

test('answers of a real server are added up by their tokens and prices', async () => {
  const server = await startServer()
  const folder = new TestFolder()
  folder.write('data/questions/a.toml', "[[questions]]\nid = 'a'\nprompt = 'Write a.'\n")
  folder.pipeline(`generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', n: 5,
    provider: openai({ model: 'm', baseURL: '${server.url}', prices: { m: { in: 0, out: 1000 } } }) }),`)
  const { summary } = await folder.run([], { env: { OPENAI_API_KEY: 'sk-test' } })
  assert.is(summary.paid.completions, 5)
  assert.is(summary.paid.unpriced, 0)
  assert.ok(summary.paid.tokens_out > 0)
  assert.ok(Math.abs(summary.paid.cost - summary.paid.tokens_out / 1000) < 1e-6, `${summary.paid.cost}`)
  folder.destroy()
  await server.stop()
})

test('a plan says how many completions, at most what they cost, and whether the budget is enough', async () => {
  const folder = shop({ targets: 10, n: 4, price: 0.0525 })
  const plan = async (...args: string[]) => (await folder.plain(['plan', 'buy', ...args])).stdout
  const said = '40 completions to ask for, at most about $2.10'
  assert.match(await plan(), `0 targets fresh, 10 to look at: ${said}, 0 executions`)
  assert.match(await plan('--budget', '$5'), `${said}, within the budget of $5.00, 0 executions`)
  assert.match(await plan('--budget', '2.00'), `${said}, more than the budget of $2.00, 0 executions`)
  assert.is((await folder.run(['plan'])).summary.wanted.unpriced, 0)
  await folder.run()
  assert.match(
    await plan('--budget', '5'),
    '10 targets fresh, 0 to look at: 0 completions to ask for, 0 executions',
  )
  folder.destroy()
})

test('a price that is not known is said, in the plan and after', async () => {
  const folder = shop({ targets: 2 })
  const { stdout } = await folder.plain(['plan'])
  assert.match(stdout, '4 completions to ask for, at an unknown price, 0 executions')
  assert.is((await folder.run(['plan'])).summary.wanted.unpriced, 4)
  const budget = await folder.plain(['plan', '--budget', '3'])
  assert.match(budget.stdout, 'at an unknown price, which the budget of $3.00 does not allow')
  const refused = await folder.plain(['--budget', '3'])
  assert.is(refused.code, 1)
  assert.match(refused.stdout, "the price of 'm-1' is not known")
  assert.match((await folder.plain()).stdout, '4 requests, 4 completions, 4 files written')
  assert.match((await folder.plain(['status'])).stdout, 'spent        4 completions at an unknown price')
  folder.destroy()
})

test('a budget stops the asking, keeps what has arrived, and says so once; a larger one goes on from there', async () => {
  const folder = shop({ targets: 40, n: 2, price: 0.1 })
  const { code, stdout } = await folder.plain(['--budget', '0.50'])
  assert.is(code, 1)
  const message = 'the budget of $0.50 is used up: $0.50 spent, and the next request may cost $0.10'
  assert.is(stdout.split(message).length - 1, 1, stdout)
  assert.is(stdout.split('What has arrived is kept.').length - 1, 1)
  assert.match(stdout, /and \d+ more targets for the same reason: buy\/q\d+, buy\/q\d+, buy\/q\d+, …/)
  assert.match(stdout, '5 completions, $0.50')
  const after = await folder.run()
  assert.is(after.code, 0)
  assert.is(after.summary.paid.completions, 75)
  folder.destroy()
})

test('a budget in tokens stops the asking as well', async () => {
  const folder = shop({ targets: 4 })
  const { summary } = await folder.run(['--budget-tokens', '300'])
  // 60 tokens each, and 100 at most: after four there is room for 60 more.
  assert.is(summary.paid.completions, 4)
  assert.is((await folder.run(['--budget-tokens', '1k'])).summary.paid.completions, 4)
  folder.destroy()
})

test('what fails or is blocked for the same reason is counted, not said 300 times; --json has every event', async () => {
  const before = `throw new Failure('the key is refused', { remedy: 'Check it.' })`
  const folder = shop({ targets: 300, before })
  const { stdout } = await folder.plain()
  assert.equal(lines(stdout, /refused/), ['failed buy/q000: the key is refused'])
  assert.is(lines(stdout, /Check it/).length, 1)
  assert.is(lines(stdout, /^blocked /).length, 5)
  const rest = 'and 299 more targets for the same reason: buy/q001, buy/q002, buy/q003, …'
  assert.ok(stdout.split('\n').includes(rest), stdout)
  assert.ok(stdout.includes('\nand 295 more targets are blocked\n'), stdout)
  assert.is(stdout.split('\n').length, 1 + 1 + 5 + 2 + 1 + 1, stdout)
  const { events } = await folder.run()
  assert.is(events.filter(({ type }) => type === 'target-failed').length, 300)
  folder.destroy()
})

test('two reasons are each said once, and which targets share which', async () => {
  const before = `if (Number(name.slice(1)) % 2) throw new Failure('odd'); else throw new Failure('even')`
  const folder = shop({ targets: 6, before })
  const { stdout } = await folder.plain(['buy'])
  assert.equal(lines(stdout, /^(failed|and) /), [
    'failed buy/q000: even',
    'failed buy/q001: odd',
    'and 2 more targets for the same reason as buy/q000: buy/q002, buy/q004',
    'and 2 more targets for the same reason as buy/q001: buy/q003, buy/q005',
  ])
  folder.destroy()
})

test('a shared cause of incomplete targets is said once, after the first; `why` has it with each', async () => {
  const before = `if (sample > 0) throw new Failure('the quota is used up', { remedy: 'Add credit.' })`
  const folder = shop({ targets: 30, before })
  const { code, stdout } = await folder.plain(['buy'])
  assert.is(code, 1)
  assert.equal(stdout.split('\n').slice(0, 4), [
    'incomplete buy/q000: 1 of 2 answers',
    'stopped the quota is used up',
    '        Add credit.',
    'incomplete buy/q001: 1 of 2 answers',
  ])
  assert.is(lines(stdout, /^incomplete /).length, 10)
  assert.match(stdout, '\nand 20 more targets are incomplete\n')
  const why = await folder.plain(['why', 'out/q029.txt'])
  assert.match(why.stdout, 'stale: incomplete: 1 of 2 answers. the quota is used up')
  const { events } = await folder.run(['buy'])
  const told = events.filter((event) => event.type === 'target-finished' && event.because !== undefined)
  assert.is(told.length, 30)
  folder.destroy()
})

test('in watch mode each round says it anew', async () => {
  const before = `throw new Failure('the key is refused')`
  const folder = shop({ targets: 3, before })
  const watching = folder.start(['watch', 'buy'], {})
  let output = ''
  const heard = (text: RegExp) =>
    new Promise<void>((found) => {
      const look = () => text.test(output) && found()
      watching.stdout?.on('data', look)
      look()
    })
  watching.stdout?.on('data', (chunk) => (output += chunk))
  const patience = setTimeout(() => watching.kill('SIGKILL'), 20_000)
  const ended = new Promise((done) => watching.on('close', done))
  await Promise.race([heard(/watching/), ended])
  output = ''
  folder.write('in/q001.txt', 'changed\n')
  await Promise.race([heard(/failed buy\/q001: the key is refused/), ended])
  clearTimeout(patience)
  watching.kill('SIGINT')
  await ended
  assert.match(output, 'failed buy/q001: the key is refused')
  folder.destroy()
})

test('status adds up what was ever paid, by model, the most expensive first', () => {
  const answers = (count: number, value: object) =>
    Array.from({ length: count }, () => ({ value: JSON.parse(JSON.stringify(value)) }))
  assert.equal(spentLines([]), [])
  const two = [
    ...answers(2000, { model: 'cheap', tokens_in: 500, tokens_out: 100, cost: 0.0005 }),
    ...answers(340, { model: 'dear-2026-01-01', tokens_in: 600, tokens_out: 600, cost: 0.0333529412 }),
  ]
  assert.equal(spentLines(two), [
    'spent        $12.34 for 2,340 completions, 1.2 M tokens in, 404.0 k out',
    '               dear-2026-01-01   $11.34   340 completions',
    '               cheap             $1.00    2,000 completions',
  ])
  const odd = [...two, ...answers(5, { model: 'local' }), ...answers(1, { cost: -1, tokens_in: 'many' })]
  assert.is(
    spentLines(odd)[0],
    'spent        $12.34 for 2,346 completions (6 of them at an unknown price), 1.2 M tokens in, 404.0 k out',
  )
  assert.is(spentLines(odd)[3], '               local              at an unknown price   5 completions')
  const many = Array.from({ length: 12 }, (_, at) => answers(1, { model: `m-${at}`, cost: at + 1 })).flat()
  assert.is(spentLines(many).length, 1 + 8 + 1)
  assert.match(spentLines(many).at(-1) ?? '', /others +\$10\.00 +4 completions/)
  assert.match(spentLines(many)[1] ?? '', 'm-11')
})

test('a budget that is no amount is refused with exit 2', async () => {
  const folder = shop({ targets: 1 })
  for (const args of [
    ['--budget', 'much'],
    ['--budget-tokens', '1.5'],
    ['--budget', '1,50'],
  ]) {
    const { code, stderr } = await folder.plain(['plan', ...args])
    assert.is(code, 2, args.join(' '))
    assert.match(stderr, `${args.join(' ')}: not `)
  }
  folder.destroy()
  for (const text of ['', '$', '-1', '1e3', 'NaN', 'Infinity', '0x10', '1.2.3', '99999999'])
    assert.throws(() => dollarsFrom(text), undefined, text)
  for (const text of ['', '-1', '_5', '1.0000001M', 'k', '2G', '1e99', '1e400', 'NaN'])
    assert.throws(() => tokensFrom(text), undefined, text)
})

test('amounts are read and written as people write them', () => {
  assert.equal(['2.50', '$2.50', '.5', '0'].map(dollarsFrom), [2.5, 2.5, 0.5, 0])
  assert.equal(
    ['2000', '2_000_000', '2e6', '500k', '2M', '1.1m', '0'].map(tokensFrom),
    [2000, 2e6, 2e6, 5e5, 2e6, 1.1e6, 0],
  )
  assert.equal([0, 1e-9, 0.000012, 0.0312, 0.021, 0.05, 0.99999, 1, 12.345, 1234.5].map(dollars), [
    '$0.00',
    'less than $0.000001',
    '$0.000012',
    '$0.0312',
    '$0.0210',
    '$0.05',
    '$1.00',
    '$1.00',
    '$12.35',
    '$1,234.50',
  ])
  assert.equal([0, 950, 12_345, 999_949, 999_950, 1_234_567].map(thousands), [
    '0',
    '950',
    '12.3 k',
    '999.9 k',
    '1.0 M',
    '1.2 M',
  ])
})

test.run()
