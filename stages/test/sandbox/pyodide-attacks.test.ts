/** The attacks of attacks.ts on pyodide, which is against accidents only: what is said not to hold is not asked for. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { probePyodide } from './pyodide.ts'
import { attacks } from './testing/attacks.ts'
import { harmless, layBait, right } from './testing/bait.ts'
import { Bench } from './testing/index.ts'

const bait = layBait(test)
const pyodide = new Bench(probePyodide)
test.after(() => pyodide.close())

test('pyodide: every attack fails but those of which it is said that it does not hold, and the next program is right', async () => {
  const surprises: string[] = []
  for (const { tries, program, wish, fails, pyodide: said } of attacks(bait)) {
    const outcome = await pyodide.run(program, wish)
    if (said === undefined && !fails(outcome))
      surprises.push(`${tries}: ${JSON.stringify(outcome).slice(0, 400)}`)
    const after = await pyodide.run(harmless.answer, { code: harmless.code, capture: 'testcase' })
    if (after.stdout !== right) surprises.push(`after ${tries}: ${JSON.stringify(after).slice(0, 400)}`)
  }
  assert.equal(surprises, [])
})

test.run()
