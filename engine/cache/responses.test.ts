import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../testing/parts.ts'
import { canonical, type Json, keyOf } from './digest.ts'
import { Responses } from './responses.ts'
import { temporaryFolder } from './testing/children.ts'

const key = (name: Json) => keyOf('test', name)

async function stored(values: Iterable<readonly [string, Json]>, cache = temporaryFolder()): Promise<string> {
  const responses = Responses.open(cache)
  await Promise.all([...values].map(([name, value]) => responses.put(key(name), value)))
  await responses.close()
  return cache
}

function segmentsOf(cache: string): readonly string[] {
  const folder = join(cache, 'responses')
  return readdirSync(folder).map((name) => join(folder, name))
}

function segmentOf(cache: string): string {
  const [path, ...more] = segmentsOf(cache)
  if (path === undefined || more.length > 0) throw new Error(`${more.length} segments more than one`)
  return path
}

test('a response is there in the next process, value for value', async () => {
  const value = { text: "print('ä\n\u2028')\n", usage: { in: 3, out: 0.1 }, none: null, list: [true, []] }
  const cache = await stored([['a', value]])
  const responses = Responses.open(cache)
  assert.equal(responses.get(key('a')), value)
  assert.is(responses.get(key('b')), undefined)
  assert.is(responses.size, 1)
  assert.equal(
    [...responses.entries()].map((entry) => entry.value),
    [value],
  )
})

test('nothing is made before the first response', async () => {
  const cache = temporaryFolder()
  const responses = Responses.open(cache)
  assert.is(responses.get(key('a')), undefined)
  await responses.close()
  assert.equal(readdirSync(cache), [])
})

test('a line is readable by a person', async () => {
  const cache = await stored([['a', { text: 'pass' }]])
  assert.match(
    readFileSync(segmentOf(cache), 'utf8'),
    /^[0-9a-f]{8} \{"key":"[0-9a-f]{32}","at":"20[^"]+Z","value":\{"text":"pass"\}\}\n$/,
  )
})

test('the first response of a key wins, in this process and after it', async () => {
  const cache = temporaryFolder()
  const responses = Responses.open(cache)
  await Promise.all([responses.put(key('a'), 1), responses.put(key('a'), 2)])
  await responses.put(key('a'), 3)
  assert.is(responses.get(key('a')), 1)
  await responses.close()
  assert.is(readFileSync(segmentOf(cache), 'utf8').split('\n').length, 2)
  await stored([['a', 4]], cache)
  assert.is(Responses.open(cache).get(key('a')), 1)
})

test('two processes that do not know of each other buy the same: the earlier segment wins', async () => {
  const cache = temporaryFolder()
  const [one, other] = [Responses.open(cache), Responses.open(cache)]
  assert.equal([one.size, other.size], [0, 0])
  await one.put(key('a'), 'earlier')
  await sleep(5)
  await other.put(key('a'), 'later')
  other.refresh()
  assert.is(other.get(key('a')), 'later')
  await Promise.all([one.close(), other.close()])
  assert.is(segmentsOf(cache).length, 2)
  const next = Responses.open(cache)
  assert.is(next.get(key('a')), 'earlier')
  assert.is(next.size, 1)
})

test('what another process has stored is seen after a refresh', async () => {
  const cache = temporaryFolder()
  const [one, other] = [Responses.open(cache), Responses.open(cache)]
  assert.is(one.size, 0)
  await other.put(key('a'), 'theirs')
  assert.is(one.get(key('a')), undefined)
  one.refresh()
  assert.is(one.get(key('a')), 'theirs')
  await other.put(key('b'), 'theirs too')
  one.refresh()
  assert.is(one.get(key('b')), 'theirs too')
  assert.equal(one.damaged(), [])
  await other.close()
})

test('a torn last line is dropped without a word, and nobody appends to it', async () => {
  const cache = await stored([
    ['a', 'first'],
    ['b', 'second'],
  ])
  const torn = segmentOf(cache)
  truncateSync(torn, readFileSync(torn).length - 5)
  const before = readFileSync(torn)
  const responses = Responses.open(cache)
  assert.is(responses.get(key('a')), 'first')
  assert.is(responses.get(key('b')), undefined)
  assert.equal(responses.damaged(), [])
  await responses.put(key('b'), 'again')
  await responses.close()
  assert.equal(readFileSync(torn), before)
  assert.is(Responses.open(cache).get(key('b')), 'again')
})

test('a last line that lacks its newline only was paid for, and counts', async () => {
  const cache = await stored([['a', 'whole']])
  const path = segmentOf(cache)
  truncateSync(path, readFileSync(path).length - 1)
  const responses = Responses.open(cache)
  assert.is(responses.get(key('a')), 'whole')
  appendFileSync(path, '\n')
  responses.refresh()
  assert.is(responses.size, 1)
  assert.equal(responses.damaged(), [])
})

test('a damaged line is a miss, reported once with its place, and stays in its file', async () => {
  const cache = await stored(['a', 'b', 'c'].map((name) => [name, `text of ${name}`]))
  const path = segmentOf(cache)
  const damaged = readFileSync(path, 'utf8').replace('text of b', 'text of B')
  writeFileSync(path, damaged)
  const responses = Responses.open(cache)
  assert.equal(
    ['a', 'b', 'c'].map((name) => responses.get(key(name))),
    ['text of a', undefined, 'text of c'],
  )
  assert.equal(responses.damaged(), [`${path}:2`])
  responses.refresh()
  assert.equal(responses.damaged(), [])
  await responses.put(key('b'), 'bought again')
  await responses.close()
  assert.is(readFileSync(path, 'utf8'), damaged)
  assert.is(Responses.open(cache).get(key('b')), 'bought again')
})

test('damage that comes after the index was made is noticed', async () => {
  const cache = await stored([['a', 'text']])
  const responses = Responses.open(cache)
  assert.is(responses.size, 1)
  writeFileSync(segmentOf(cache), readFileSync(segmentOf(cache), 'utf8').replace('text', 'next'))
  assert.is(responses.get(key('a')), undefined)
  assert.equal(responses.damaged(), [`${segmentOf(cache)}:1`])
})

test('lines longer than what is read at once', async () => {
  const long = ['x', 'y', 'z'].map((letter): [string, string] => [letter, letter.repeat(3_000_000)])
  const responses = Responses.open(await stored(long))
  for (const [name, text] of long) assert.ok(responses.get(key(name)) === text)
})

test('the cache deleted in mid-run: what comes after is stored all the same', async () => {
  const cache = temporaryFolder()
  const responses = Responses.open(cache)
  await responses.put(key('a'), 1)
  rmSync(join(cache, 'responses'), { recursive: true })
  assert.is(responses.get(key('a')), undefined)
  await responses.put(key('b'), 2)
  await responses.close()
  assert.is(Responses.open(cache).get(key('b')), 2)
})

test('any values, cut at any byte: no wrong value, and every whole line counts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }),
      fc.nat(),
      async (values, cut) => {
        const wanted = values.map((value) => JSON.parse(JSON.stringify(value)) as Json)
        const cache = await stored(wanted.map((value, index) => [String(index), value]))
        const path = segmentOf(cache)
        const bytes = readFileSync(path)
        const length = cut % (bytes.length + 1)
        writeFileSync(path, bytes.subarray(0, length))
        const whole = bytes.subarray(0, length).toString('utf8').split('\n').length - 1
        const responses = Responses.open(cache)
        wanted.forEach((value, index) => {
          const found = responses.get(key(String(index)))
          if (index < whole) assert.is(canonical(found ?? null), canonical(value))
          else assert.ok(found === undefined || canonical(found) === canonical(value))
        })
        assert.equal(responses.damaged(), [])
      },
    ),
    { numRuns: 60 },
  )
})

test('any byte changed: no wrong value, and what is lost is reported', async () => {
  const texts = ['alpha', 'beta', 'gamma']
  const cache = await stored(texts.map((text) => [text, { text }]))
  const path = segmentOf(cache)
  const bytes = readFileSync(path)
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(bytes)
      damaged.writeUInt8(damaged.readUInt8(at) ^ change, at)
      writeFileSync(path, damaged)
      const responses = Responses.open(cache)
      const found = texts.map((text) => responses.get(key(text)))
      texts.forEach((text, index) => {
        if (found[index] !== undefined) assert.equal(found[index], { text })
      })
      // A last line whose newline is gone looks torn: it counts when it is whole.
      const inLastLine = at >= bytes.subarray(0, -1).lastIndexOf(10)
      if (found.includes(undefined) && !inLastLine) assert.ok(responses.damaged().length > 0)
    }),
    { numRuns: 150 },
  )
})

const root = process.getuid?.() === 0
needing(
  test,
  root ? ['mount'] : ['the rights of root'],
  'a full disk: a Failure, and it works again when there is room',
  async () => {
    const disk = join(temporaryFolder(), 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
    try {
      const responses = Responses.open(disk)
      await responses.put(key('before'), 'kept')
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(500_000))
      const together = [responses.put(key('small'), 'first'), responses.put(key('big'), 'x'.repeat(700_000))]
      for (const failed of await Promise.allSettled(together)) {
        assert.is(failed.status, 'rejected')
        assert.match(String(failed.status === 'rejected' && failed.reason), /could not be stored/)
      }
      rmSync(join(disk, 'ballast'))
      await responses.put(key('big'), 'y'.repeat(700_000))
      await responses.put(key('small'), 'second')
      await responses.close()
      const after = Responses.open(disk)
      assert.is(after.get(key('before')), 'kept')
      assert.is(after.get(key('big')), 'y'.repeat(700_000))
      assert.is(after.get(key('small')), 'second')
      assert.equal(after.damaged(), [])
      assert.ok(existsSync(join(disk, 'responses')))
    } finally {
      execFileSync('umount', [disk])
    }
  },
)

test.run()
