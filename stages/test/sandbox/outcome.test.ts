import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cut, type Measured, outcomeOf } from './outcome.ts'
import { execution } from './testing/index.ts'

function measured(wish: Partial<Measured>): Measured {
  return {
    ending: 'exited',
    status: 0,
    mark: -1,
    cpuMs: 1,
    wallMs: 1,
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
    ...wish,
  }
}

test('what is cut keeps head and tail and says how much is missing', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{0,200}$/), fc.integer({ min: 2, max: 100 }), (text, limit) => {
      const short = cut(Buffer.from(text), limit)
      if (text.length <= limit) return short === text
      const [head = '', missing = '', tail = ''] =
        /^(.*)\n\[… (\d+) bytes cut …\]\n(.*)$/s.exec(short)?.slice(1) ?? []
      return (
        text.startsWith(head) &&
        text.endsWith(tail) &&
        head.length + tail.length + Number(missing) === text.length &&
        head.length + tail.length <= limit
      )
    }),
  )
})

test('the end of a resource is believed only as the last line of a failed program', () => {
  const ending = (stderr: string, status = 1) =>
    outcomeOf(execution(''), measured({ status, stderr: Buffer.from(stderr) })).ending
  assert.is(ending('Traceback\nMemoryError\n'), 'memory')
  assert.is(ending('Traceback\nMemoryError: what\n'), 'memory')
  assert.is(ending('MemoryError\nValueError: x\n'), 'exited')
  assert.is(ending('MemoryError\n', 0), 'exited')
  assert.is(ending('x MemoryErrors\n'), 'exited')
  assert.is(ending("RuntimeError: can't start new thread\n"), 'too-many-processes')
  assert.is(ending('BlockingIOError: [Errno 11] Resource temporarily unavailable\n'), 'too-many-processes')
})

test('with stderr merged the last line of stdout is looked at', () => {
  const stdout = Buffer.from('Traceback\nMemoryError\n')
  assert.is(outcomeOf(execution('', { stderr: 'merged' }), measured({ status: 1, stdout })).ending, 'memory')
  assert.is(outcomeOf(execution(''), measured({ status: 1, stdout })).ending, 'exited')
})

test('from the mark on', () => {
  const stdout = Buffer.from('answer test')
  const testcase = execution('a', { code: 'b', capture: 'testcase' })
  assert.is(outcomeOf(testcase, measured({ stdout, mark: 7 })).stdout, 'test')
  assert.is(outcomeOf(testcase, measured({ stdout, mark: -1 })).stdout, '')
  assert.not(outcomeOf(testcase, measured({ stdout, mark: -1 })).began)
  assert.is(
    outcomeOf({ ...testcase, capture: 'program' }, measured({ stdout, mark: 7 })).stdout,
    'answer test',
  )
  assert.ok(outcomeOf({ ...testcase, code: '' }, measured({ stdout, mark: -1 })).began)
})

test.run()
