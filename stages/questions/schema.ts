/**
 * data/schema.json, for editors: `node --import tsx stages/questions/schema.ts` writes it anew from the checker.
 * A test fails while the two differ.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { questionFile } from './check.ts'

export const schemaFile = join(import.meta.dirname, '../../data/schema.json')

export async function schemaText(): Promise<string> {
  // Only here: the converter is needed for development alone.
  const { toJsonSchema } = await import('@valibot/to-json-schema')
  const { $schema, ...schema } = toJsonSchema(questionFile, {
    typeMode: 'input',
    target: 'draft-07',
    ignoreActions: ['guard', 'raw_check', 'finite'],
  })
  const title = 'A question file of Codex Runner, of any stage'
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(schemaFile, await schemaText())
