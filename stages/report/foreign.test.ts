/**
 * The report's files, full of what is made to break them, opened by programs that are not ours: Python's csv, json and
 * junitparser, sqlite3, fast-xml-parser and xmllint. report.md is in foreign-markdown.test.ts.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { visible } from './escape.ts'
import { junitSuite, junitXml } from './junit.ts'
import { sharesOf } from './part.ts'
import { samplesOf } from './samples.ts'
import { resultsOfRows, resultsRow } from './tables.ts'
import { testcasesCsv, testcasesOf } from './testcases.ts'
import { hostileChain as chain, hostile, questions } from './testing/hostile.ts'

const results = resultsOfRows(questions.map((each) => resultsRow(each.id, sharesOf(each)))).join('')
const testcases = testcasesCsv(
  questions.map((question) => testcasesOf(question, chain)),
  true,
).join('')
const samples = questions.map((question) => samplesOf(question, chain)).join('')
const junit = junitXml(questions.map((question) => junitSuite(question, chain))).join('')

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

test.run()
