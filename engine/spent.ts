/** What was ever paid, by model, from the stored answers themselves. */
import type { Json } from './cache/digest.ts'
import { plural } from './explain.ts'
import { grouped } from './grouped.ts'
import { addAnswer, addPaid, dollars, nothingPaid, type Paid, priceOf, thousands } from './money.ts'

/** Models that get a line of their own. */
const mostModels = 8

/** Lines for `status`; none when nothing was ever asked for. */
export function spentLines(answers: Iterable<{ readonly value: Json }>): readonly string[] {
  const models = new Map<string, Paid>()
  const all = nothingPaid()
  for (const { value } of answers) {
    const model = modelIn(value)
    const paid = models.get(model) ?? nothingPaid()
    models.set(model, paid)
    addAnswer(paid, value)
    addAnswer(all, value)
  }
  if (all.completions === 0) return []
  const rows = foremost([...models]).map(([model, paid]) => [
    model,
    priceOf(paid) ?? 'at an unknown price',
    plural(paid.completions, 'completion'),
  ])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return [
    `spent        ${totalText(all)}`,
    ...rows.map(
      (row) => `${' '.repeat(15)}${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('   ')}`,
    ),
  ]
}

function totalText(all: Paid): string {
  const completions = plural(all.completions, 'completion')
  const known = all.completions > all.unpriced
  const unknown = known ? ` (${grouped(all.unpriced)} of them at an unknown price)` : ' at an unknown price'
  return [
    `${known ? `${dollars(all.cost)} for ` : ''}${completions}${all.unpriced > 0 ? unknown : ''}`,
    `${thousands(all.tokens_in)} tokens in`,
    `${thousands(all.tokens_out)} out`,
  ].join(', ')
}

/** The most expensive first, then those with the most answers; the rest of a long list in one. */
function foremost(models: readonly (readonly [string, Paid])[]): readonly (readonly [string, Paid])[] {
  const sorted = [...models].sort(([, a], [, b]) => b.cost - a.cost || b.completions - a.completions)
  if (sorted.length <= mostModels) return sorted
  const others = nothingPaid()
  for (const [, paid] of sorted.slice(mostModels)) addPaid(others, paid)
  return [...sorted.slice(0, mostModels), ['others', others]]
}

function modelIn(answer: Json): string {
  const model =
    typeof answer === 'object' && answer !== null && 'model' in answer ? answer['model'] : undefined
  return typeof model === 'string' && model !== '' ? model : '(no model named)'
}
