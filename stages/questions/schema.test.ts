import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { schemaFile, schemaText } from './schema.ts'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: { readonly [key: string]: Schema }
  readonly items?: Schema
}

test('data/schema.json is what the checker says', async () => {
  assert.is(readFileSync(schemaFile, 'utf8'), await schemaText())
})

test('every key is described', async () => {
  const keys: string[] = []
  const visit = (schema: Schema, name: string) => {
    for (const [key, below] of Object.entries(schema.properties ?? {})) {
      keys.push(key)
      assert.ok(below.description, `${name}.${key} has no description`)
      visit(below, `${name}.${key}`)
      visit(below.items ?? {}, `${name}.${key}`)
    }
  }
  visit(JSON.parse(await schemaText()), '')
  for (const key of ['questions', 'cpu_seconds', 'built_from', 'test_results', 'verdicts', 'tokens_in'])
    assert.ok(keys.includes(key), key)
})

test.run()
