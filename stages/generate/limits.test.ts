/** A server with a real token bucket, over real HTTP: what is in flight backs off, keeps to the rate, and grows again. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer } from '../../engine/testing/server-client.ts'
import { openai } from './openai.ts'
import { ask } from './testing/asking.ts'

for (const headers of [false, true])
  test(`requests back off before a token bucket and grow again when it is lifted, ${headers ? 'with' : 'without'} headers`, async () => {
    const server = await startServer()
    const latency: [number, number] = [40, 120]
    await server.limits({ requestsPerMinute: 1500, burst: 10, latency, headers })
    const live = openai({ model: 'm', baseURL: server.url, concurrency: 60, chunk: 1 })
    const samples = (count: number) => Array.from({ length: count }, (_, sample) => sample)

    const limited = await ask(live, { samples: samples(200) })
    assert.is(limited.error, undefined)
    assert.is(limited.answers.filter(Boolean).length, 200)
    assert.is((await server.counts()).answers, 200)
    const curve = await server.curve()
    const inFlight = (points: typeof curve) => points.map(([, count]) => count)
    const first = curve.findIndex(([, , status]) => status === 429)
    if (headers) {
      // Told in advance, it need not be refused to know.
      assert.ok(curve.filter(([, , status]) => status === 429).length <= 20)
    } else {
      assert.ok(first >= 0, 'never refused')
      const [before, after] = [curve.slice(0, first + 1), curve.slice(-60)]
      // 25 a second at 80 ms each: two are in flight, where it began with sixteen.
      assert.ok(Math.max(...inFlight(before)) >= 8, `began with ${Math.max(...inFlight(before))}`)
      assert.ok(Math.max(...inFlight(after)) < Math.max(...inFlight(before)), 'did not back off')
      assert.ok(after.filter(([, , status]) => status === 429).length <= 6, 'goes on being refused')
    }

    await server.limits({ latency, headers: false })
    const free = await ask(live, { samples: samples(600) })
    assert.is(free.error, undefined)
    const grown = inFlight(await server.curve())
    assert.ok(Math.max(...grown.slice(-300)) > 2 * Math.max(...grown.slice(0, 10)), `${grown}`)
    await server.stop()
  })

test('a limit of one’s own is kept to though the server allows more', async () => {
  const server = await startServer()
  const live = openai({ model: 'm', baseURL: server.url, requestsPerMinute: 600, chunk: 1 })
  await ask(live, { samples: Array.from({ length: 30 }, (_, sample) => sample) })
  const curve = await server.curve()
  const times = curve.map(([at]) => at)
  // Ten a second, after a burst of a second's worth.
  assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) >= 1800, `${times}`)
  await server.stop()
})

test.run()
