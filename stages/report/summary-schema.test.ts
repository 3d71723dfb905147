import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as v from 'valibot'
import { scoresOf } from './part.ts'
import { strategies } from './strategies.ts'
import { type Row, summarize } from './summary.ts'
import { summaryJsonSchema, summarySchema, summarySchemaFile } from './summary-schema.ts'

interface Schema {
  readonly description?: string
  readonly properties?: { readonly [key: string]: Schema }
  readonly additionalProperties?: Schema
  readonly items?: Schema | readonly Schema[]
}

const count = fc.nat(3)
const rows: fc.Arbitrary<readonly Row[]> = fc.uniqueArray(
  fc.record({
    file: fc.string(),
    chain: fc.constantFrom(undefined, '', 'a', 'b', 'c', 'd', 'e'),
    part: fc.record({
      id: fc.constantFrom('one', 'two', 'three', '__proto__', ''),
      testcases: count,
      scores: fc.array(fc.option(fc.constantFrom(0, 0.1, 1 / 3, 1, 1)), { maxLength: 12 }).map(scoresOf),
      endings: fc.dictionary(fc.constantFrom('passed', 'failed', 'cpu-timeout'), count, {
        noNullPrototype: true,
      }),
      counts: fc.record({ edited: count, human: count, skipped: count, no_code: count, cut_off: count }),
      usage: fc.record(
        { tokens_in: count, tokens_out: count, cost: fc.double({ min: 0, max: 9, noNaN: true }) },
        {
          requiredKeys: [],
        },
      ),
    }),
  }),
  { maxLength: 14, selector: ({ chain = '', part }) => `${chain}:${part.id}` },
)

/** The schema as it would be if it named all fields there can be. */
async function strictSchema() {
  return JSON.parse(await summaryJsonSchema(), (_, value) =>
    value?.type === 'object' ? { additionalProperties: false, ...value } : value,
  )
}

test('data/summary.schema.json is what the code says', async () => {
  assert.is(readFileSync(summarySchemaFile, 'utf8'), await summaryJsonSchema())
})

test('every summary fits the schema, and has no field that the schema does not name', async () => {
  const ajv = new Ajv({ allErrors: true })
  const valid = ajv.compile(await strictSchema())
  fc.assert(
    fc.property(rows, fc.constantFrom(...strategies), (rows, strategy) => {
      const summary = JSON.parse(JSON.stringify(summarize(rows, [1, 2, 10], { strategy })))
      assert.ok(valid(summary), ajv.errorsText(valid.errors))
      assert.ok(v.is(summarySchema, summary))
    }),
    { numRuns: 40 },
  )
})

test('no summary has a null, a NaN or an infinity in it', () => {
  fc.assert(
    fc.property(rows, (rows) => {
      const summary = summarize(rows, [1, 10])
      assert.equal(JSON.parse(JSON.stringify(summary)), summary)
      assert.not.match(JSON.stringify(summary), /null/)
    }),
    { numRuns: 40 },
  )
})

test('a summary with a null, a share above 1 or without its totals does not fit', async () => {
  const valid = new Ajv().compile(JSON.parse(await summaryJsonSchema()))
  const summary = summarize([], [1])
  const { totals, ...without } = summary
  assert.ok(valid(summary))
  assert.not(valid(without))
  for (const average of [null, 1.5, '0.5']) assert.not(valid({ ...summary, totals: { ...totals, average } }))
  assert.not(valid({ ...summary, version: 2 }))
})

test('a field that came later does no harm', async () => {
  const valid = new Ajv().compile(JSON.parse(await summaryJsonSchema()))
  assert.ok(valid({ ...summarize([], [1]), later: 1 }))
})

test('every key is described', async () => {
  const keys: string[] = []
  const visit = (schema: Schema, name: string): void => {
    for (const [key, below] of Object.entries(schema.properties ?? {})) {
      keys.push(key)
      assert.ok(below.description, `${name}.${key} has no description`)
      visit(below, `${name}.${key}`)
    }
    for (const below of [schema.items ?? [], schema.additionalProperties ?? []].flat()) visit(below, name)
  }
  visit(JSON.parse(await summaryJsonSchema()), '')
  for (const key of ['strategy', 'passed_interval', 'average_interval', 'only_in', 'mean', 'better'])
    assert.ok(keys.includes(key), key)
})

test.run()
