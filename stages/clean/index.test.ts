import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf, type Job, type Json, nameIn, type Stage, type Unit } from '../../engine/stage.ts'
import { readQuestions } from '../questions/read.ts'
import { type CleanOptions, clean, cleaningRules, type GivenRule, type OwnRule } from './index.ts'
import { rules as builtIn } from './rules.ts'

const input = 'data/completions/w/a.toml'
const output = 'data/cleaned/w/a.toml'
const aside = 'data/cleaned/.set-aside/w/a.toml'
const options: CleanOptions = {
  from: 'data/completions/%.toml',
  to: 'data/cleaned/%.toml',
  questions: 'data/questions/%.toml',
}

/** A pipeline's folder, and what one run of clean does to it. */
class Folder {
  readonly files = new Map<string, string>()
  readonly cache = new Map<string, Json>()
  made = 0

  async run(own: CleanOptions = options) {
    const stage = clean(own)
    const text = this.files.get(input) ?? ''
    const job: Job = {
      name: 'w/a',
      inputs: [{ path: input, digest: digestOf(text), pattern: 0, source: true, text: async () => text }],
      files: [],
      params: stage.params,
      options: { jobs: 1 },
      dry: false,
      order: undefined,
      shelf: this.#shelf,
      signal: new AbortController().signal,
      output,
      resolve: (path) => `/${path}`,
      previous: async (path) => this.files.get(path),
      wants: () => true,
      unit: async <T extends Json>({ key, make }: Unit<T>) => {
        if (!this.cache.has(key)) {
          this.made++
          this.cache.set(key, await make(new AbortController().signal))
        }
        return this.cache.get(key) as T
      },
      units: (units) => Promise.all(units.map((unit) => job.unit(unit))),
      count: () => {},
      restore: async () => {},
      journal: { notes: () => new Map(), write: async () => {} },
      notice: () => {},
      say: () => {},
    }
    const built = await stage.build(job)
    const order = built.outputs
      .filter(({ path, text }) => this.files.get(path) !== text)
      .map(({ path }) => path)
    for (const each of built.outputs) this.files.set(each.path, each.text)
    const { texts, facts, changed } = await this.#settle(stage)
    return {
      ...built,
      order: [...order, ...changed],
      facts: { ...built.facts, ...facts },
      texts: [...(built.notices?.map((notice) => notice.text) ?? []), ...texts],
    }
  }

  readonly #shelf = {
    paths: (pattern: string) => [...this.files.keys()].filter((path) => nameIn(pattern, path) !== undefined),
    read: async (path: string) => this.files.get(path),
    changedAt: () => 0,
  }

  async #settle(stage: Stage) {
    const changed: string[] = []
    const afterword = await stage.settled?.({
      ...this.#shelf,
      dry: false,
      rewrite: async (path, _output, change) => {
        const before = this.files.get(path) ?? ''
        const after = await change(before)
        if (after !== before) changed.push(path)
        this.files.set(path, after)
      },
    })
    const texts = afterword?.notices.map((notice) => notice.text) ?? []
    return { texts, facts: afterword?.facts ?? {}, changed }
  }

  change(path: string, from: string, to: string): void {
    const text = this.files.get(path) ?? ''
    assert.ok(text.includes(from), `${path} holds ${from}`)
    this.files.set(path, text.replace(from, to))
  }

  async completions(): Promise<string[]> {
    const { file } = await readQuestions(this.files.get(output) ?? '', output)
    return file.questions.flatMap(({ completions }) => completions.map(({ completion }) => completion))
  }
}

function folder(...raws: readonly string[]): Folder {
  const made = new Folder()
  made.files.set(input, file(...raws))
  return made
}

function file(...raws: readonly string[]): string {
  const completions = raws.map(
    (raw, sample) => `
[[questions.completions]]
sample = ${sample}
key = '${digestOf(raw)}'
digest = '${digestOf(raw)}'
completion = ${JSON.stringify(raw)}
response = { finish = 'stop', cost = 0.5 }
`,
  )
  return `[[questions]]
id = 'double'
prompt = 'Double it.'

[[questions.testcases]]
code = 'print(double(2))'
expect = '4'
${completions.join('')}`
}

const right = '```python\ndef double(x):\n    return 2 * x\n```\n'
const wrong = 'def double(x):\n    return x\n'

test('a file is cleaned; what the model cost and why it stopped goes along, keys of the request do not', async () => {
  const made = folder(right, wrong, 'No.')
  const { facts } = await made.run()
  assert.equal(await made.completions(), ['def double(x):\n    return 2 * x\n', wrong, 'No.'])
  const text = made.files.get(output) ?? ''
  assert.match(text, "response = { finish = 'stop', cost = 0.5 }")
  assert.not.match(text, /^(key|digest) =/m)
  assert.equal(facts, { noCode: 1 })
})

test('a second run changes no byte and cleans nothing', async () => {
  const made = folder(right, wrong)
  await made.run()
  const cleaned = made.made
  assert.equal((await made.run()).order, [])
  assert.is(made.made, cleaned)
})

test('one new raw text changes one completion, and only that is cleaned', async () => {
  const made = folder(right, wrong)
  await made.run()
  made.change(output, '[[questions]]', '# my file\n[[questions]]')
  const before = (made.files.get(output) ?? '').split('\n')
  made.files.set(input, file(right, `${wrong}# v2\n`))
  const cleaned = made.made
  await made.run()
  assert.is(made.made, cleaned + 1)
  const after = new Set((made.files.get(output) ?? '').split('\n'))
  const gone = before.filter((line) => !after.has(line))
  assert.ok(
    gone.every((line) => /^(raw|cleaned|completions) =/.test(line)),
    gone.join('\n'),
  )
})

test('an edit is kept to the byte, with the cache deleted too', async () => {
  const made = folder(right, wrong)
  await made.run()
  made.change(output, 'return x', "return x+x  # it's mine")
  const edited = made.files.get(output)
  made.cache.clear()
  const { facts, order } = await made.run()
  assert.equal(facts, { edited: 1 })
  assert.equal(order, [])
  assert.is(made.files.get(output), edited)
})

test('an edit whose raw text changed is written aside first, said at every run, and comes back by itself', async () => {
  const made = folder(right, wrong)
  await made.run()
  made.change(output, 'return x', 'return x+x  # mine')
  made.files.set(input, file(right, 'def double(x):\n    return 3 * x\n'))
  const away = await made.run()
  assert.equal(away.order, [aside, output])
  assert.ok(away.outputs[0]?.loose)
  assert.match(made.files.get(aside) ?? '', "set_aside = 'the raw completion changed'")
  assert.match((await made.run()).texts.join(), '1 edit is set aside')
  assert.equal((await made.run()).facts, { setAside: 1 })

  made.files.set(input, file(right, wrong))
  const back = await made.run()
  assert.equal(back.order, [output, aside], 'it leaves only when it stands in the cleaned file')
  assert.equal((await made.completions())[1], 'def double(x):\n    return x+x  # mine\n')
  assert.equal((await made.run()).texts, [])
})

test('of a question that is gone, what a person did is set aside, and comes back with it', async () => {
  const made = folder(right, wrong)
  await made.run()
  made.change(output, 'return x', 'return x+x  # mine')
  made.change(output, "expect = '4'", "expect = '5'")
  made.files.set(input, "[[questions]]\nid = 'other'\nprompt = 'Other.'\n")
  await made.run()
  assert.match(made.files.get(aside) ?? '', 'return x+x  # mine')
  assert.match(made.files.get(aside) ?? '', "expect = '5'")
  assert.not.match(made.files.get(output) ?? '', "id = 'double'")
  await made.run()

  made.files.set(input, file(right, wrong))
  const { texts } = await made.run()
  assert.equal(await made.completions(), [
    'def double(x):\n    return 2 * x\n',
    'def double(x):\n    return x+x  # mine\n',
  ])
  assert.match(texts.join(), "test case 1 of 'double' was changed here")
  assert.not.match((await made.run()).texts.join(), 'set aside')
})

test('two edits of one raw text are both kept aside', async () => {
  const made = folder(wrong)
  for (const own of ['first', 'second']) {
    made.files.set(input, file(wrong))
    made.files.delete(output)
    const kept = made.files.get(aside)
    made.files.delete(aside)
    await made.run()
    if (kept !== undefined) made.files.set(aside, kept)
    made.change(output, 'return x', `return x  # ${own}`)
    made.files.set(input, file('def double(x):\n    return 0\n'))
    await made.run()
  }
  assert.match(made.files.get(aside) ?? '', '# first')
  assert.match(made.files.get(aside) ?? '', '# second')
})

test('a changed test case is said at every run, with the file where it belongs', async () => {
  const made = folder(right)
  await made.run()
  made.change(output, "expect = '4'", "expect = '5'")
  for (let run = 0; run < 2; run++) {
    const { texts } = await made.run()
    assert.match(
      texts.join(),
      "test case 1 of 'double' was changed here, and data/questions/w/a.toml says otherwise",
    )
  }
  assert.match(made.files.get(output) ?? '', "expect = '5'")
})

test('rules are chosen by name, own ones take part, and both are parameters', async () => {
  const shout: OwnRule = { name: 'shout', apply: (text) => text.replace('return', 'return  ') }
  const own: CleanOptions = { ...options, rules: ['fences', shout] }
  const made = folder(right)
  await made.run(own)
  assert.equal(await made.completions(), ['def double(x):\n    return   2 * x\n'])
  assert.match(JSON.stringify(clean(own).params), /"fences","shout [0-9a-f]{8}"/)
})

test('a function is a rule by its name, also as the last of all; its version and its code are parameters', async () => {
  function shout(text: string): string {
    return text.replace('return', 'return  ')
  }
  const own: CleanOptions = { ...options, rules: [...cleaningRules, shout] }
  const made = folder(right)
  await made.run(own)
  assert.equal(await made.completions(), ['def double(x):\n    return   2 * x\n'])
  assert.match(made.files.get(output) ?? '', "cleaned_by = ['fences', 'shout']")
  const signed = (version?: number) =>
    JSON.stringify(
      clean({ ...options, rules: [{ name: 'x', apply: shout, ...(version && { version }) }] }).params,
    )
  assert.is(new Set([signed(), signed(1), signed(2)]).size, 3)
})

test('without a word about rules, and with none at all, are two things', async () => {
  const made = folder(right)
  await made.run()
  await made.run({ ...options, rules: [] })
  assert.equal(await made.completions(), [right])
})

test('the names that pipeline.ts may use are those of the rules, in their order', () => {
  assert.equal(
    builtIn.map(({ name }) => name),
    cleaningRules,
  )
})

for (const [name, rules, message] of [
  ['that is none', ['fense'], "there is no rule 'fense'"],
  ['twice', ['fences', 'fences'], "a rule stands twice in `rules`: 'fences'"],
  ['without a name', [(text: string) => text], "a rule can't be named ''"],
  [
    'with a name that means something else',
    [{ name: 'accepted', apply: (text: string) => text }],
    'accepted',
  ],
] as const)
  test(`a rule ${name} is refused when the pipeline is declared`, () => {
    assert.throws(
      () => clean({ ...options, rules: rules as unknown as readonly GivenRule[] }),
      new RegExp(message.replace(/[()[\]]/g, '.')),
    )
  })

test('a rule of a person that throws, or gives no text, is named as theirs', async () => {
  const made = folder(right)
  const throws = (apply: OwnRule['apply']) =>
    made.run({ ...options, rules: [{ name: 'mine', apply }] }).then(
      () => 'nothing',
      (error: Error) => error.message,
    )
  assert.match(
    await throws(() => {
      throw new Error('oh')
    }),
    "the cleaning rule 'mine' of the pipeline file throws: oh",
  )
  assert.match(await throws(() => undefined as unknown as string), 'gives undefined, not a text')
})

test.run()
