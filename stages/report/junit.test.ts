import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Completion, Question, Verdict } from '../questions/model.ts'
import { junitSuite, junitXml } from './junit.ts'

const question = (completions: readonly Partial<Completion>[], testcases = 2): Question => ({
  id: 'loops <1>',
  prompt: '',
  testcases: Array.from({ length: testcases }, () => ({ code: '', stdin: '' })),
  completions: completions.map((fields) => ({ completion: 'pass', ...fields })),
  support_files: [],
})
const ended = (...verdicts: readonly Verdict[]): Partial<Completion> => ({
  results: verdicts.map((verdict) => verdict === 'passed'),
  verdicts,
})
/** The tag inside the only case. */
const content = (completion: Partial<Completion>, testcases?: number) =>
  /completion 1"(?:\/>|>([\s\S]*)<\/testcase>)/.exec(junitSuite(question([completion], testcases)))?.[1]

test('a suite a question, a case a completion, and counts that add up', () => {
  const suite = junitSuite(
    question([
      ended('passed', 'passed'),
      {
        ...ended('passed', 'failed'),
        runs: [{ testcase: 2, verdict: 'failed', got: '112\n', diff: '- 111\n+ 112' }],
      },
      ended('cpu-timeout', 'failed'),
      { skip: true },
      {},
    ]),
  )
  assert.is(
    junitXml([suite]).join(''),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="loops &lt;1&gt;" tests="5" failures="1" errors="1" skipped="2">
    <testcase classname="loops &lt;1&gt;" name="completion 1"/>
    <testcase classname="loops &lt;1&gt;" name="completion 2"><failure message="1 passed, 1 failed">test case 2: failed
- 111
+ 112</failure></testcase>
    <testcase classname="loops &lt;1&gt;" name="completion 3"><error message="1 cpu-timeout, 1 failed"></error></testcase>
    <testcase classname="loops &lt;1&gt;" name="completion 4"><skipped message="rejected by a person"/></testcase>
    <testcase classname="loops &lt;1&gt;" name="completion 5"><skipped message="not tested"/></testcase>
  </testsuite>
</testsuites>
`,
  )
})

test('a wrong answer, an exception and no code are failures; a limit and a crash are errors', () => {
  const kind = (...verdicts: readonly Verdict[]) => content(ended(...verdicts))?.slice(1, 6)
  for (const verdict of ['failed', 'error', 'no-code'] as const) assert.is(kind('passed', verdict), 'failu')
  for (const verdict of [
    'cpu-timeout',
    'wall-timeout',
    'memory',
    'output-limit',
    'too-many-processes',
    'crashed',
  ] as const)
    assert.is(kind('failed', verdict), 'error')
})

test('a question without test cases is skipped, and says why', () => {
  assert.is(content({}, 0), '<skipped message="the question has no test cases"/>')
})

test('several chains have suites of their own', () => {
  assert.match(junitSuite(question([]), 'large'), '<testsuite name="large.loops &lt;1&gt;" tests="0"')
})

test('of a long output the beginning is shown, of an error the end', () => {
  const long = `first${'x'.repeat(10_000_000)}last`
  const shown = (run: { readonly got?: string; readonly error?: string }) =>
    content({ ...ended('error', 'passed'), runs: [{ testcase: 1, verdict: 'error', ...run }] }) ?? ''
  assert.match(shown({ got: long }), /: error\nfirstx+…</)
  assert.match(shown({ error: long }), /: error\n…x+last</)
  assert.match(shown({ error: 'the error', got: 'the output' }), 'the error<')
  assert.ok(shown({ got: long }).length < 1000)
})

test('of many runs a few are shown, and the others counted', () => {
  const verdicts = Array.from({ length: 20 }, (): Verdict => 'failed')
  const runs = verdicts.map((verdict, index) => ({ testcase: index + 1, verdict, got: 'x' }))
  const shown = content({ ...ended(...verdicts), runs }, 20) ?? ''
  assert.match(shown, 'message="20 failed">test case 1: failed\nx\n\ntest case 2')
  assert.match(shown, 'and 12 more</failure>')
  assert.not.match(shown, 'test case 9')
})

test('what is no character of XML is in words, and markup is text', () => {
  const got = ']]></failure><script>&\x00\x1b[31m\ufffe\u202e"'
  assert.match(
    content({ ...ended('failed', 'passed'), runs: [{ testcase: 1, verdict: 'failed', got }] }) ?? '',
    ']]&gt;&lt;/failure&gt;&lt;script&gt;&amp;\\x00\\x1b[31m\\ufffe\\u202e"</failure>',
  )
})

test.run()
