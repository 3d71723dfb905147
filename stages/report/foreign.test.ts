/**
 * The report's files, full of what is made to break them, opened by programs that are not ours: Python's csv, json and
 * junitparser, sqlite3, fast-xml-parser, xmllint, commonmark.js and GitHub's own cmark-gfm.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Node, Parser } from 'commonmark'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import type { Question } from '../questions/model.ts'
import { oneLine, visible } from './escape.ts'
import { junitSuite, junitXml } from './junit.ts'
import { reportMarkdown } from './markdown.ts'
import { partOf } from './part.ts'
import { samplesJsonl, samplesOf } from './samples.ts'
import { summarize } from './summary.ts'
import { resultsOfRows, resultsRow } from './tables.ts'
import { testcasesCsv, testcasesOf } from './testcases.ts'

/** Each with what a CSV cell holds of it. */
const hostile: readonly (readonly [text: string, cell: string])[] = [
  ['</script><script>alert(1)</script>', '</script><script>alert(1)</script>'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  [
    '</failure></testcase>]]><![CDATA[ <!-- &lt; &nbsp;',
    '</failure></testcase>]]><![CDATA[ <!-- &lt; &nbsp;',
  ],
  ['\x1b[31mred\x1b[2J\x07', '\\x1b[31mred\\x1b[2J\\x07'],
  ['nul\x00nul', 'nul\\x00nul'],
  ['\u202egnp.exe \u200f\u2066 ש', '\u202egnp.exe \u200f\u2066 ש'],
  ['not in XML: \x0b \ufffe \uffff \u{1fffe}', 'not in XML: \\x0b \ufffe \uffff \u{1fffe}'],
  ['lines\u2028and\u2029and\x85', 'lines\u2028and\u2029and\x85'],
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\t=1', "'\t=1"],
  ['\r=1', "'\r=1"],
  ['"quoted", and\ntwo lines\r\n', '"quoted", and\ntwo lines\r\n'],
  ['", =1+1\n=2', '", =1+1\n=2'],
  ['| a | b |\\| c \\\\| d \\', '| a | b |\\| c \\\\| d \\'],
  ['`` ` ``` ~~~ |', '`` ` ``` ~~~ |'],
  [
    '[a](javascript:alert(1)) ![b](//x/y.png) <https://x.example> [c]: /u',
    '[a](javascript:alert(1)) ![b](//x/y.png) <https://x.example> [c]: /u',
  ],
  [
    '@somebody #123 GH-1 owner/name#5 https://x.example www.x.example',
    "'@somebody #123 GH-1 owner/name#5 https://x.example www.x.example",
  ],
  ['**bold** _em_ ~~gone~~ $x$ :tada:', '**bold** _em_ ~~gone~~ $x$ :tada:'],
  ['# heading', '# heading'],
  ['\n\n# heading\n\n- item\n', '\n\n# heading\n\n- item\n'],
  [' ', ' '],
  ['  ', '  '],
  [' between ', ' between '],
  ['＝1', "'＝1"],
]
const megabytes = `${'<img onerror=x>\x1b[31m\x00]]>\n'.repeat(400_000)}`

/** A question named by such a text, and with it wherever a person or a model writes. */
const questions = hostile.map(
  ([text]): Question => ({
    id: text,
    prompt: text,
    testcases: [
      { code: text, stdin: text, expect: text },
      { code: '', stdin: '' },
    ],
    support_files: [],
    completions: [
      { completion: text, results: [true, true], verdicts: ['passed', 'passed'] },
      {
        completion: text,
        note: text,
        response: { model: text, finish: text },
        results: [false, false],
        verdicts: ['failed', 'error'],
        runs: [
          { testcase: 1, verdict: 'failed', got: text, diff: `- ${text}\n+ ${text}` },
          { testcase: 2, verdict: 'error', got: megabytes, error: `${megabytes}\n${text}`, status: 1 },
        ],
      },
      { completion: text, skip: true },
      {
        completion: text,
        results: [false, true],
        verdicts: ['crashed', 'passed'],
        runs: [{ testcase: 1, verdict: 'crashed', got: megabytes }],
      },
    ],
  }),
)
const chain = '=<&|`\x00"\n'
const results = resultsOfRows(partOf({ questions }).map((part) => resultsRow(part)))
const testcases = testcasesCsv(
  questions.map((question) => testcasesOf(question, chain)),
  true,
)
const samples = samplesJsonl(questions.map((question) => samplesOf(question, chain)))
const junit = junitXml(questions.map((question) => junitSuite(question, chain)))
const markdown = reportMarkdown(
  summarize(
    partOf({ questions }).map((part) => ({ file: part.id, part })),
    [1, 2],
  ),
)
const chained = reportMarkdown(
  summarize(
    ['one', chain].flatMap((name) =>
      partOf({ questions }).map((part) => ({ file: part.id, chain: name, part })),
    ),
    [1],
  ),
)

function python(program: string, input: string) {
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', program], {
    input,
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const readCsv = `import csv, io, json, sys
print(json.dumps(list(csv.reader(io.TextIOWrapper(sys.stdin.buffer, "utf-8", newline=""), strict=True))))`

const noFormula = (row: readonly string[]) => {
  for (const cell of row) assert.not.match(cell, /^[=+@\t\r]|^-(?!\d)|[\x00\x1b]/)
}

needing(test, ['python3'], "Python's csv reads results.csv", () => {
  const [header, ...rows]: readonly string[][] = python(readCsv, results)
  assert.equal(header?.slice(0, 3), ['qid', 'response 1', 'response 2'])
  assert.equal(
    rows.map(([id, ...shares]) => [id, shares.slice(0, 4)]),
    hostile.map(([, cell]) => [cell, ['1.0000', '0.0000', '', '0.5000']]),
  )
  rows.forEach(noFormula)
})

needing(test, ['python3'], "Python's csv reads testcases.csv", () => {
  const [header = [], ...rows]: readonly string[][] = python(readCsv, testcases)
  assert.is(rows.length, hostile.length * 8)
  rows.forEach(noFormula)
  for (const row of rows) assert.is(row.length, header.length)
  const verdicts = ['passed', 'passed', 'failed', 'error', 'skipped', 'skipped', 'crashed', 'passed']
  const column = (name: string) => rows.map((row) => row[header.indexOf(name)])
  assert.equal(
    column('chain'),
    rows.map(() => `'=<&|\`\\x00"\n`),
  )
  assert.equal(
    column('qid'),
    hostile.flatMap(([, cell]) => verdicts.map(() => cell)),
  )
  assert.equal(
    column('verdict'),
    hostile.flatMap(() => verdicts),
  )
  for (const error of column('error')) assert.ok((error ?? '').length <= 202)
})

needing(test, ['sqlite3'], 'sqlite3 imports both', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'))
  try {
    writeFileSync(join(folder, 'results.csv'), results)
    writeFileSync(join(folder, 'testcases.csv'), testcases)
    const select = (file: string, query: string) => {
      const { stdout, stderr } = spawnSync(
        'sqlite3',
        [':memory:', `.import --csv ${file} t`, '.mode json', query],
        { cwd: folder, encoding: 'utf8' },
      )
      assert.is(stderr, '')
      return JSON.parse(stdout)
    }
    assert.equal(
      select('results.csv', 'select qid, "response 4" as last, max as most from t order by rowid'),
      hostile.map(([, qid]) => ({ qid, last: '0.5000', most: '1.0000' })),
    )
    assert.equal(
      select(
        'testcases.csv',
        `select verdict, count(*) as n, sum(passed) as passed from t where passed != '' group by verdict order by verdict`,
      ),
      [
        { verdict: 'crashed', n: hostile.length, passed: 0 },
        { verdict: 'error', n: hostile.length, passed: 0 },
        { verdict: 'failed', n: hostile.length, passed: 0 },
        { verdict: 'passed', n: hostile.length * 3, passed: hostile.length * 3 },
      ],
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

needing(
  test,
  ['python3'],
  "Python's json reads each line of samples.jsonl, however the file is cut into lines",
  () => {
    for (const lines of ['sys.stdin', 'sys.stdin.read().splitlines()']) {
      const read: readonly { [name: string]: unknown }[] = python(
        `import json, sys\nsys.stdin.reconfigure(encoding="utf-8")\nprint(json.dumps([json.loads(line) for line in ${lines}]))`,
        samples,
      )
      assert.equal(
        read.map(({ task_id, completion, number, passed }) => [task_id, completion, number, passed]),
        hostile.flatMap(([text]) => [1, 2, 4].map((number) => [text, text, number, number === 1])),
      )
      assert.equal(
        read.map((line) => line['chain']),
        read.map(() => chain),
      )
    }
  },
)

const suiteName = (id: string) => visible(`${chain}.${id}`)

test('fast-xml-parser reads junit.xml', () => {
  assert.is(XMLValidator.validate(junit), true)
  const { testsuites } = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    trimValues: false,
    htmlEntities: true,
    processEntities: { maxTotalExpansions: 1e6, maxExpandedLength: 1e8 },
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  }).parse(junit)
  assert.equal(
    testsuites.testsuite.map(({ name, tests, failures, errors, skipped }: { [name: string]: string }) => [
      name,
      tests,
      failures,
      errors,
      skipped,
    ]),
    hostile.map(([text]) => [suiteName(text), '4', '1', '1', '1']),
  )
  for (const [index, { testcase }] of testsuites.testsuite.entries()) {
    const text = hostile[index]?.[0] ?? ''
    assert.equal(Object.keys(testcase[1]).sort(), ['classname', 'failure', 'name'])
    assert.ok(
      testcase[1].failure['#text'].startsWith(
        visible(`test case 1: failed\n- ${text}\n+ ${text}\n\ntest case 2: error\n…`),
      ),
    )
    assert.ok(testcase[1].failure['#text'].endsWith(visible(text.trimEnd())))
    assert.is(testcase[3].error.message, '1 crashed, 1 passed')
  }
})

needing(test, ['xmllint'], 'xmllint finds junit.xml well-formed', () => {
  const { stderr, status } = spawnSync('xmllint', ['--noout', '-'], { input: junit, encoding: 'utf8' })
  assert.equal([stderr, status], ['', 0])
})

const junitparser = spawnSync('/usr/bin/python3', ['-c', 'import junitparser']).status === 0

needing(
  test,
  junitparser ? [] : ['python3-junitparser'],
  "Python's junitparser reads junit.xml, and counts the same",
  () => {
    const program = `import json, sys
from junitparser import JUnitXml
suites = list(JUnitXml.fromstring(sys.stdin.buffer.read()))
said = [[s.name, s.tests, s.failures, s.errors, s.skipped] for s in suites]
for s in suites: s.update_statistics()
counted = [[s.name, s.tests, s.failures, s.errors, s.skipped] for s in suites]
print(json.dumps([said, counted]))`
    const [said, counted] = python(program, junit)
    assert.equal(
      counted,
      hostile.map(([text]) => [suiteName(text), 4, 1, 1, 1]),
    )
    assert.equal(said, counted)
  },
)

/** The kinds of node in a document, and the texts of its spans of code. */
function contentOf(text: string): {
  readonly kinds: ReadonlySet<string>
  readonly headings: number
  readonly codes: readonly string[]
} {
  const nodes: Node[] = []
  const walker = new Parser().parse(text).walker()
  for (let step = walker.next(); step !== null; step = walker.next()) if (step.entering) nodes.push(step.node)
  return {
    kinds: new Set(nodes.map(({ type }) => type)),
    headings: nodes.filter(({ type }) => type === 'heading').length,
    codes: nodes.filter(({ type }) => type === 'code').map(({ literal }) => literal ?? ''),
  }
}

test('commonmark.js finds in report.md no markup but ours', () => {
  for (const [text, headings] of [
    [markdown, 3],
    [chained, 4],
  ] as const) {
    const found = contentOf(text)
    assert.equal([...found.kinds].sort(), ['code', 'document', 'heading', 'paragraph', 'softbreak', 'text'])
    assert.is(found.headings, headings)
  }
})

test('what people wrote is in spans of code alone', () => {
  const outside = new Parser().parse(markdown)
  const walker = outside.walker()
  for (let step = walker.next(); step !== null; step = walker.next())
    if (step.node.type === 'text')
      assert.not.match(step.node.literal ?? '', /[<>[\]`#~*_$\\\p{Cc}\p{Cf}]|@(?!\d)|http|www/u)
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

needing(test, ['cmark-gfm'], "GitHub's parser finds every row whole, and every id as it is", () => {
  for (const [text, columns] of [
    [markdown, 6],
    [chained, 3],
  ] as const) {
    const rows = tablesOf(text).at(-1)?.table_row ?? []
    assert.is(rows.length, hostile.length)
    for (const { table_cell } of rows) assert.is(table_cell.length, columns)
    assert.equal(
      rows.map(({ table_cell }) =>
        table_cell[0]?.code?.['#text'].replaceAll('\\x5c|', '\\|').replaceAll('\\x5c\\|', '\\\\|'),
      ),
      hostile.map(([id]) => oneLine(id)),
    )
  }
})

test.run()
