import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf, Failure, type InputFile } from '../../engine/stage.ts'
import { parseRecording, recorded } from './recorded.ts'

const entries = (text: string) => [...parseRecording(text, 'r.jsonl')]

test('reads our lines, human-eval’s and EvalPlus’s', () => {
  const text = [
    '{"id":"a","completions":["one","two"]}',
    '{"task_id":"b","completion":"first"}',
    '{"task_id":"c","solution":"def f(): pass"}',
    '{"task_id":"b","completion":"second","passed":true}',
  ].join('\n')
  assert.equal(entries(text), [
    ['a', ['one', 'two']],
    ['b', ['first', 'second']],
    ['c', ['def f(): pass']],
  ])
})

test('CRLF, blank lines, a byte order mark and a missing last line end are no matter', () => {
  assert.equal(
    entries('\uFEFF{"id":"a","completions":["x\\r\\ny"]}\r\n\r\n  \r\n{"id":"b","completions":[]}'),
    [
      ['a', ['x\r\ny']],
      ['b', []],
    ],
  )
})

test('other line separators stay inside their text', () => {
  assert.equal(entries('{"id":"a","completions":["x\u2028y"]}\n'), [['a', ['x\u2028y']]])
})

test('an id spelt twice has the completions of both lines', () => {
  assert.equal(entries('{"id":"a","completions":["1"]}\n{"id":"a","completions":["2"]}'), [['a', ['1', '2']]])
})

test('half a character becomes the mark for it, since no file can hold it', () => {
  assert.equal(entries('{"id":"a","completions":["x\\ud83d"]}'), [['a', ['x\uFFFD']]])
  assert.equal(entries('{"id":"a","completions":["\\ud83d\\ude00"]}'), [['a', ['😀']]])
})

for (const [what, line, sentence] of [
  ['no JSON', '{"id":"a"', 'is not JSON'],
  ['no object', '["a"]', 'no object'],
  ['no id', '{"completions":["x"]}', "'id'"],
  ['an id that is no string', '{"id":7,"completions":["x"]}', "'id'"],
  ['completions that are no list', '{"id":"a","completions":"x"}', 'no list'],
  ['a completion that is no string', '{"id":"a","completions":["x",null]}', 'completion 2'],
  ['neither', '{"id":"a"}', 'neither'],
] as const)
  test(`${what}: fails with path and line`, () => {
    try {
      parseRecording(`\n{"id":"ok","completions":[]}\n${line}\n`, 'data/r.jsonl')
      assert.unreachable()
    } catch (error) {
      assert.instance(error, Failure)
      assert.match(String(error), `data/r.jsonl:3: `)
      assert.match(String(error), sentence)
      assert.is(error instanceof Failure && error.exit, 2)
    }
  })

test('a file is parsed once for as long as it is the same', async () => {
  const provider = recorded('r.jsonl')
  let reads = 0
  const file = (text: string): InputFile => ({
    path: 'r.jsonl',
    pattern: -1,
    source: true,
    digest: digestOf(text),
    text: async () => {
      reads++
      return text
    },
  })
  const [one, two] = ['{"id":"a","completions":["1"]}', '{"id":"a","completions":["2"]}']
  assert.equal((await provider.read(file(one))).get('a'), ['1'])
  await provider.read(file(one))
  assert.is(reads, 1)
  assert.equal((await provider.read(file(two))).get('a'), ['2'])
  assert.is(reads, 2)
})

test.run()
