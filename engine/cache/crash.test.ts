/** kill -9 at any moment: what was acknowledged is there, and nothing is wrong. */
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Json, keyOf } from './digest.ts'
import { Responses } from './responses.ts'
import { Store } from './store.ts'
import { startRole, temporaryFolder } from './testing/children.ts'

const kills = 15

/** What is stored under a name follows from the name, so that any value found can be judged. */
function wantedFor(name: string): Json {
  return { name, text: name.repeat(1 + ((name.length * 37) % 400)) }
}

async function write(cache: string, prefix: string): Promise<void> {
  const responses = Responses.open(cache)
  const store = await Store.open(cache)
  console.log(`ready ${JSON.stringify(store.notices)}`)
  for (let turn = 0; ; turn++) {
    const names = Array.from({ length: 1 + (turn % 9) }, (_, index) => `${prefix} ${turn} ${index}`)
    await Promise.all(names.map((name) => responses.put(keyOf('test', name), wantedFor(name))))
    for (const name of names) store.put('units', name, wantedFor(name))
    await store.flush()
    console.log(names.join('\n'))
  }
}

test('a writer killed at random moments loses nothing that it acknowledged', async () => {
  const cache = temporaryFolder()
  const acknowledged: string[] = []
  for (let kill = 0; kill < kills; kill++) {
    const writer = startRole(import.meta.url, 'write', cache, `run ${kill}`)
    await writer.printed(kill % 5 === 0 ? 1 : 2)
    await sleep(Math.random() * 60)
    writer.process.kill('SIGKILL')
    await writer.ended
    const [ready, ...names] = writer.lines
    assert.is(ready, 'ready []')
    acknowledged.push(...names)
  }
  assert.ok(acknowledged.length > kills)
  const responses = Responses.open(cache)
  const store = await Store.open(cache)
  assert.equal([store.notices, store.damaged, responses.damaged()], [[], 0, []])
  for (const name of acknowledged) {
    assert.equal(responses.get(keyOf('test', name)), wantedFor(name))
    assert.equal(store.get('units', name), wantedFor(name))
  }
  for (const [name, value] of store.entries('units')) assert.equal(value, wantedFor(name))
  await store.close()
})

const [, , role, cache, prefix] = process.argv
if (role === undefined || cache === undefined) test.run()
else await write(cache, prefix ?? '')
