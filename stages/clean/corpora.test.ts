/** Cleaning of real answers, against the verdicts of their own authors' cleaning: none that was right may come out wrong. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { cleanCompletion } from './rules.ts'
import { answersOf } from './testing/answers.ts'
import { judged } from './testing/judge.ts'

/** Judges the answers that the reference passes, or all when it is known how many can be right. */
async function compare(set: string, name: string, every = 1, least?: number): Promise<void> {
  const answers = (await answersOf(set, name)).filter(
    ({ right, sample }) => sample % every === 0 && (least !== undefined || right),
  )
  const passed = await judged(
    answers.map(({ raw, question }) => ({ program: cleanCompletion(raw, question).text, question })),
  )
  assert.equal(
    answers.filter(({ right }, index) => right && passed[index] !== true).map((answer) => answer.name),
    [],
  )
  const count = passed.filter(Boolean).length
  assert.ok(count >= (least ?? 1), `${count} passed, not ${least}`)
}

const parts = ['corpora', 'python3']
for (const [manner, least] of [
  ['cot', 146],
  ['selfplanning', 141],
  ['analogical', 141],
] as const)
  needing(test, parts, `chat answers (${manner}) come out as right as they were`, () =>
    compare('humaneval', `mapcoder-gpt4turbo-${manner}`, 1, least),
  )
for (const manner of ['direct', 'cot'])
  needing(test, parts, `whole programs (${manner}) come out as right as they were`, () =>
    compare('apps', `mapcoder-gpt4-turbo-${manner}`),
  )
needing(test, parts, "a base model's continuations come out as right as they were", () =>
  compare('humaneval', 'codegen-16b-mono-n100', 20),
)

test.run()
