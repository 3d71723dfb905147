/** report.md, full of what is made to break it, read by commonmark.js and by GitHub's own cmark-gfm. */
import { spawnSync } from 'node:child_process'
import { type Node, Parser } from 'commonmark'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { markdownCell, oneLine } from './escape.ts'
import { reportMarkdown } from './markdown.ts'
import { partOf } from './part.ts'
import { summarize } from './summary.ts'
import { hostile, hostileChain, questions } from './testing/hostile.ts'

const markdown = reportMarkdown(
  summarize(
    partOf({ questions }).map((part) => ({ file: part.id, part })),
    [1, 2],
  ),
)
const chained = reportMarkdown(
  summarize(
    ['one', hostileChain].flatMap((name) =>
      partOf({ questions }).map((part) => ({ file: part.id, chain: name, part })),
    ),
    [1],
  ),
)

function nodesOf(text: string): readonly Node[] {
  const nodes: Node[] = []
  const walker = new Parser().parse(text).walker()
  for (let step = walker.next(); step !== null; step = walker.next()) if (step.entering) nodes.push(step.node)
  return nodes
}

test('commonmark.js finds in report.md no markup but ours', () => {
  const kinds = (text: string) => nodesOf(text).map(({ type }) => type)
  const ours = ['code', 'document', 'heading', 'paragraph', 'softbreak', 'text']
  for (const text of [markdown, chained]) assert.equal([...new Set(kinds(text))].sort(), ours)
  assert.is(kinds(markdown).filter((kind) => kind === 'heading').length, 3)
  assert.is(kinds(chained).filter((kind) => kind === 'heading').length, 4)
})

test('what people wrote is in spans of code alone', () => {
  for (const { type, literal } of nodesOf(markdown))
    if (type === 'text') assert.not.match(literal ?? '', /[<>[\]`#~*_$\\\p{Cc}\p{Cf}]|@(?!\d)|http|www/u)
})

interface Cell {
  readonly code?: { readonly '#text': string }
}
interface Table {
  readonly table_row: readonly { readonly table_cell: readonly Cell[] }[]
}

/** The tables as GitHub sees them. */
function tablesOf(text: string): readonly Table[] {
  const extensions = ['table', 'autolink', 'strikethrough', 'tagfilter'].flatMap((name) => ['-e', name])
  const { stdout } = spawnSync('cmark-gfm', [...extensions, '--to', 'xml'], { input: text, encoding: 'utf8' })
  for (const tag of ['html', 'link', 'image', 'emph', 'strong', 'strikethrough', 'item', 'code_block'])
    assert.not.match(stdout, new RegExp(`<${tag}`))
  const parser = new XMLParser({
    trimValues: false,
    parseTagValue: false,
    ignoreAttributes: false,
    alwaysCreateTextNode: true,
    processEntities: { maxTotalExpansions: 1e6, maxExpandedLength: 1e8 },
    isArray: (name) => ['table', 'table_row', 'table_cell'].includes(name),
  })
  return parser.parse(stdout).document.table
}

/** With backslashes as they were: those in front of a `|` are in words. */
const unworded = (cell: string | undefined) => cell?.replaceAll('\\x5c', '\\')

needing(test, ['cmark-gfm'], "GitHub's parser finds every row whole, and every id as it is", () => {
  for (const [text, columns] of [
    [markdown, 6],
    [chained, 3],
  ] as const) {
    const rows = tablesOf(text).at(-1)?.table_row ?? []
    assert.is(rows.length, hostile.length)
    for (const { table_cell } of rows) assert.is(table_cell.length, columns)
    assert.equal(
      rows.map(({ table_cell }) => unworded(table_cell[0]?.code?.['#text'])),
      hostile.map(([id]) => oneLine(id)),
    )
  }
})

needing(test, ['cmark-gfm'], "GitHub's parser gives back the text of any cell", () => {
  const unit = fc.constantFrom(...'||\\\\``~<>[]()*_!&#@:/ \n\tab')
  const texts = fc.sample(fc.string({ unit, minLength: 1, maxLength: 12 }), { numRuns: 500, seed: 1 })
  const lines = texts.map((text) => `| ${markdownCell(text)} | ${markdownCell(text)} |`)
  const rows = tablesOf(`| a | b |\n| --- | --- |\n${lines.join('\n')}\n`)[0]?.table_row ?? []
  assert.equal(
    rows.map(({ table_cell }) => table_cell.map(({ code }) => unworded(code?.['#text']))),
    texts.map((text) => [oneLine(text), oneLine(text)]),
  )
})

test.run()
