/** The page's first screen: what a person wants to know in ten seconds. */
import type { QuestionPart } from '../part.ts'
import { type Summary, scoresOf, type Totals } from '../summary.ts'
import { type Chain, drawing, endingsChart, passAtChart, scoresChart } from './charts.ts'
import { count, dollars, percent, whole } from './format.ts'
import { type Html, html } from './html.ts'
import type { PageRow } from './row.ts'

/** Ids named of the questions that nothing passes; the list below has all of them. */
const mostNamed = 24

export async function overview(summary: Summary, rows: readonly PageRow[]): Promise<Html> {
  const chains = chainsOf(summary, rows)
  return html`<section id="overview" aria-labelledby="overview-title">
<h2 id="overview-title" class="hidden">Overview</h2>
${chains.length > 1 ? sideBySide(chains) : headline(summary.totals)}
${chains.map((chain) => neverPassed(chain))}
${summary.totals.scored > 0 && (await charts(chains))}
</section>`
}

function chainsOf({ totals }: Summary, rows: readonly PageRow[]): readonly Chain[] {
  return [{ name: '', totals, parts: rows.map(({ part }) => part) }]
}

function headline(totals: Totals): Html {
  const solved = totals.scored_questions
  return html`<dl class="tiles">
${Object.entries(totals.pass_at)
  .slice(0, 3)
  .map(([k, { mean, questions }]) =>
    tile(
      `pass@${k}`,
      percent(mean),
      questions < solved && `of the ${count(questions, 'question')} with that many`,
    ),
  )}
${tile('Average score', percent(totals.average), 'share of test cases passed')}
${tile('Completions that pass', totals.scored === 0 ? '–' : percent(totals.passed / totals.scored), `${whole(totals.passed)} of ${whole(totals.scored)}`)}
</dl>
<p class="facts">${factsOf(totals).join(' · ')}</p>`
}

function tile(name: string, value: string, more: string | false): Html {
  return html`<div><dt>${name}</dt><dd><b>${value}</b>${more && html` <small>${more}</small>`}</dd></div>`
}

function factsOf(totals: Totals): readonly string[] {
  const counted: readonly (readonly [number, string])[] = [
    [totals.edited, 'edited'],
    [totals.human, 'by hand'],
    [totals.skipped, 'skipped'],
    [totals.no_code, 'without code'],
    [totals.cut_off, 'cut off'],
  ]
  const { tokens_in, tokens_out, cost } = totals
  return [
    count(totals.questions, 'question'),
    count(totals.completions, 'completion'),
    ...counted.filter(([times]) => times > 0).map(([times, what]) => `${whole(times)} ${what}`),
    ...(tokens_in === undefined ? [] : [`${whole(tokens_in)} tokens in`]),
    ...(tokens_out === undefined ? [] : [`${whole(tokens_out)} tokens out`]),
    ...(cost === undefined ? [] : [dollars(cost)]),
  ]
}

function sideBySide(chains: readonly Chain[]): Html {
  const ks = [...new Set(chains.flatMap(({ totals }) => Object.keys(totals.pass_at)))]
  return html`<h3>Side by side</h3>
<div class="scroll"><table>
<thead><tr><th scope="col">Chain</th>${ks.map((k) => html`<th scope="col" class="number">pass@${k}</th>`)}<th scope="col" class="number">Average</th><th scope="col" class="number">Passed</th><th scope="col">What there is</th></tr></thead>
<tbody>${chains.map(
    ({ name, totals }) => html`<tr><th scope="row">${name}</th>
${ks.map((k) => html`<td class="number">${percent(totals.pass_at[k]?.mean)}</td>`)}
<td class="number">${percent(totals.average)}</td><td class="number">${totals.passed} of ${totals.scored}</td><td>${factsOf(totals).join(' · ')}</td></tr>`,
  )}</tbody></table></div>`
}

/** The first answer: which questions can't be done. */
function neverPassed({ name, parts }: Chain): Html {
  const scored = parts.filter((part) => scoresOf(part).length > 0)
  const never = scored.filter((part) => !scoresOf(part).includes(1))
  const who = name === '' ? '' : `${name}: `
  if (scored.length === 0) return html`<p class="verdict">${who}Nothing has a score yet.</p>`
  if (never.length === 0)
    return html`<p class="verdict">${who}Each of the ${count(scored.length, 'question')} with a score has a completion that passes every test case.</p>`
  const more = never.length - mostNamed
  return html`<p class="verdict"><strong>${who}${never.length} of ${count(scored.length, 'question')} never passed</strong>: ${never
    .slice(0, mostNamed)
    .map(
      (part, at) => html`${at > 0 && ', '}${linkTo(part, name)}`,
    )}${more > 0 && html` and ${more} more`}</p>`
}

function linkTo({ id }: QuestionPart, chain: string): Html {
  return html`<a href="#${new URLSearchParams({ q: id, ...(chain === '' ? {} : { of: chain }) }).toString()}">${id}</a>`
}

async function charts(chains: readonly Chain[]): Promise<Html> {
  const draw = await drawing()
  return html`<div class="charts">
<figure><figcaption>pass@k</figcaption>${passAtChart(draw, chains)}</figure>
<figure><figcaption>Questions by average score</figcaption>${scoresChart(draw, chains)}</figure>
<figure><figcaption>How runs ended</figcaption>${endingsChart(draw, chains)}</figure>
</div>
<details class="numbers"><summary>The charts’ numbers</summary>${numbers(chains)}</details>`
}

function numbers(chains: readonly Chain[]): Html {
  return html`${chains.map(
    ({ name, totals }) => html`<table><caption>${name === '' ? 'pass@k and endings' : name}</caption>
<thead><tr><th scope="col">What</th><th scope="col" class="number">Value</th><th scope="col">Of</th></tr></thead><tbody>
${Object.entries(totals.pass_at).map(([k, { mean, questions }]) => html`<tr><th scope="row">pass@${k}</th><td class="number">${percent(mean)}</td><td>${count(questions, 'question')}</td></tr>`)}
${Object.entries(totals.endings).map(([verdict, times]) => html`<tr><th scope="row">${verdict}</th><td class="number">${whole(times)}</td><td>runs</td></tr>`)}
</tbody></table>`,
  )}`
}
