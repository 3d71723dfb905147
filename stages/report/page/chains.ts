/** Several chains (models, prompts) beside each other, and each two of them question by question. */
import type { Interval } from '../bootstrap.ts'
import type { Comparison, Difference, QuestionDifference } from '../comparison.ts'
import type { Strategy } from '../strategies.ts'
import type { Totals } from '../summary.ts'
import { type Chain, signs } from './charts.ts'
import { dollars, percent, points, range, whole } from './format.ts'
import { type Html, html } from './html.ts'
import { linkTo } from './list.ts'

export function sideBySide(chains: readonly Chain[], strategy: Strategy): Html {
  const ks = [...new Set(chains.flatMap(({ totals }) => Object.keys(totals.pass_at)))]
  const columns: readonly (readonly [string, (totals: Totals) => Html])[] = [
    ...ks.map(
      (k) =>
        [`pass@${k}`, ({ pass_at }: Totals) => estimate(pass_at[k]?.mean, pass_at[k]?.interval)] as const,
    ),
    ['average', ({ average, average_interval }) => estimate(average, average_interval)],
    ...(strategy === 'basic'
      ? []
      : [
          [
            `${strategy} score`,
            ({ score, score_interval }: Totals) => estimate(score, score_interval),
          ] as const,
        ]),
    ['passed', ({ passed, scored }) => html`<b>${whole(passed)}</b><small>of ${whole(scored)}</small>`],
    ['tokens out', ({ tokens_out }) => html`${tokens_out === undefined ? '–' : whole(tokens_out)}`],
    ['cost', ({ cost }) => html`${cost === undefined ? '–' : dollars(cost)}`],
  ]
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Chains side by side"><table class="chains">
<thead><tr><th scope="col">Chain</th>${columns.map(([name]) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${chains.map(
    ({ name, totals }, index) =>
      html`<tr><th scope="row"><span class="chain-${index % 6}" aria-hidden="true">${signs[index % 6]}</span> ${name}</th>${columns.map(([, cell]) => html`<td class="number">${cell(totals)}</td>`)}</tr>\n`,
  )}</tbody></table></div>`
}

function estimate(share: number | undefined, interval: Interval | undefined): Html {
  return html`<b>${percent(share)}</b>${interval && html`<small>${range(interval)}</small>`}`
}

/** Questions named of each comparison, to either side. */
const mostNamed = 5

export function comparisons(all: readonly Comparison[]): Html {
  return html`<h3>Question by question</h3>
<p class="faint">The second chain less the first, over the questions that both answered, with a 95\u202f% interval of the mean; where it holds 0 the two may be alike.</p>
${all.map(comparison)}`
}

function comparison({ chains, questions, average, pass_at, differences }: Comparison): Html {
  const [first, second] = chains
  const rows: readonly (readonly [string, Difference | undefined])[] = [
    ['average', average],
    ...Object.entries(pass_at).map(([k, difference]) => [`pass@${k}`, difference] as const),
  ]
  const sorted = [...differences].sort((a, b) => b.average - a.average)
  const better = sorted.filter((difference) => difference.average > 0).slice(0, mostNamed)
  const worse = sorted
    .filter((difference) => difference.average < 0)
    .reverse()
    .slice(0, mostNamed)
  return html`<div class="comparison"><h4>${second} less ${first}</h4>
${
  questions === 0
    ? html`<p>No question has a score in both.</p>`
    : html`<div class="scroll" tabindex="0" role="group" aria-label="${second} less ${first}"><table>
<thead><tr><th scope="col">Number</th><th scope="col" class="number">Difference</th><th scope="col">Interval</th><th scope="col">Questions</th></tr></thead>
<tbody>${rows.map(([name, difference]) => difference && differenceRow(name, difference))}</tbody></table></div>
${named(`Better in ${second}`, better, second)}${named(`Better in ${first}`, worse, first)}`
}</div>`
}

function differenceRow(name: string, { mean, interval, better, worse, same }: Difference): Html {
  return html`<tr><th scope="row">${name}</th><td class="number">${points(mean)}</td><td>${interval ? `${points(interval[0])} to ${points(interval[1])}` : '–'}</td><td>${whole(better)} better, ${whole(worse)} worse, ${whole(same)} the same</td></tr>\n`
}

function named(title: string, differences: readonly QuestionDifference[], chain: string): Html | false {
  return (
    differences.length > 0 &&
    html`<p>${title} by most: ${differences.map(({ id, average }, at) => html`${at > 0 && ', '}${linkTo(id, chain)} ${points(average)}`)}</p>`
  )
}
