/**
 * Right programs of the corpora in any combination of the manners that models have: they come out right again. And on
 * whatever text, cleaning twice is cleaning once.
 *
 * The runs are the same each time; `SEED=n` gives others.
 */
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { cleanCompletion } from './rules.ts'
import { answersOf, rightPrograms } from './testing/answers.ts'
import { judged } from './testing/judge.ts'
import { layers, worn } from './testing/manners.ts'

const seed = Number(process.env['SEED'] ?? 1)

const manners = fc.tuple(
  ...layers.map((layer) => fc.option(fc.constantFrom(...layer), { nil: undefined, freq: 2 })),
)

needing(test, ['corpora', 'python3'], 'a right program in any manners comes out right', async () => {
  const programs = await rightPrograms()
  const cases = fc
    .sample(fc.tuple(fc.constantFrom(...programs), manners), {
      numRuns: 2000,
      seed,
    })
    .map(([{ question, program }, chosen]) => {
      const { text, names } = worn(program, question, chosen)
      return { question, program, names, cleaned: cleanCompletion(text, question) }
    })
  // The same text has the same verdict: only the others have to be run.
  const others = cases.filter(({ cleaned, program }) => cleaned.text.trim() !== program.trim())
  const passed = await judged(
    others.map(({ question, cleaned }) => ({ question, program: cleaned.text })),
    { processes: 2 },
  )
  const wrong = others.filter((_, index) => passed[index] !== true)
  assert.equal(
    wrong.map(({ question, names }) => `${question.id}: ${names.join(', ')}`),
    [],
  )
  assert.ok(
    cases.some(({ names }) => names.length === layers.length),
    'some wear a manner of every layer',
  )
  assert.ok(cases.every(({ cleaned }) => !cleaned.noCode))
})

needing(test, ['corpora'], 'cleaning a clean program changes nothing', async () => {
  for (const { question, program } of await rightPrograms()) {
    const once = cleanCompletion(program, question)
    assert.equal(once, { text: program, rules: [], noCode: false }, question.id)
  }
})

const pieces = [
  '```\n',
  '```python\n',
  '"""\n',
  '<|endoftext|>',
  '>>> x\n',
  'Note that this is it.\n',
  'python\n',
  '</think>',
  '<code>',
  '\t',
  '\u00a0',
  '{"code": "',
  '# x\n',
  'def f(x):\n',
]

needing(test, ['corpora'], 'cleaning twice is cleaning once, whatever the text', async () => {
  const answers = [
    ...(await answersOf('humaneval', 'codegen-16b-mono-n100')).filter((_, index) => index % 7 === 0),
    ...(await answersOf('humaneval', 'mapcoder-gpt4turbo-analogical')),
    ...(await answersOf('apps', 'mapcoder-gpt4-turbo-direct')),
  ]
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const mutation = fc.tuple(fc.constantFrom(...pieces), place)
  fc.assert(
    fc.property(
      fc.constantFrom(...answers),
      place,
      fc.array(mutation, { maxLength: 3 }),
      ({ raw, question }, end, mutations) => {
        let text = raw.slice(0, Math.ceil(raw.length * end))
        for (const [piece, share] of mutations) {
          const at = Math.floor(text.length * share)
          text = text.slice(0, at) + piece + text.slice(at)
        }
        const once = cleanCompletion(text, question)
        const twice = cleanCompletion(once.text, question)
        assert.equal(twice, { text: once.text, rules: [], noCode: once.noCode })
      },
    ),
    { numRuns: 1000, seed },
  )
})

test.run()
