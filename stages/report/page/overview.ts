/** The page's first screen: what a person wants to know in ten seconds. */
import type { QuestionPart } from '../part.ts'
import type { Summary, Totals } from '../summary.ts'
import { comparisons, sideBySide } from './chains.ts'
import { type Chain, endingsChart, passAtChart, scoresChart } from './charts.ts'
import { drawing, type Remember } from './drawing.ts'
import { count, dollars, percent, range, whole } from './format.ts'
import { type Html, html } from './html.ts'
import { linkTo } from './list.ts'
import type { PageRow } from './row.ts'

/** Ids named of the questions that nothing passes; the list below has all of them. */
const mostNamed = 24

export async function overview(
  summary: Summary,
  rows: readonly PageRow[],
  remember: Remember,
): Promise<Html> {
  const chains = chainsOf(summary, rows)
  return html`<section id="overview" aria-labelledby="overview-title">
<h2 id="overview-title" class="unseen">Overview</h2>
${summary.chains ? sideBySide(chains, summary.strategy) : headline(summary)}
<div class="answers">${chains.map(neverPassed)}</div>
${chains.length === 1 && html`<p class="facts">${factsOf(summary.totals).join(' · ')}</p>`}
${summary.totals.scored > 0 && (await charts(chains, remember))}
${summary.comparisons && comparisons(summary.comparisons)}
</section>`
}

function chainsOf({ totals, chains }: Summary, rows: readonly PageRow[]): readonly Chain[] {
  const named = chains ?? [{ name: rows[0]?.chain ?? '', totals }]
  return named.map(({ name, totals }) => ({
    name: chains ? name : '',
    totals,
    parts: rows.filter(({ chain }) => chain === name).map(({ part }) => part),
  }))
}

function headline({ totals, strategy }: Summary): Html {
  const solved = totals.scored_questions
  const share = totals.scored === 0 ? undefined : totals.passed / totals.scored
  return html`<dl class="tiles">
${Object.entries(totals.pass_at)
  .slice(0, 3)
  .map(([k, { mean, interval, questions }]) =>
    tile(
      `pass@${k}`,
      mean,
      interval && range(interval),
      questions < solved && `${count(questions, 'question')}`,
    ),
  )}
${tile('average score', totals.average, totals.average_interval && range(totals.average_interval))}
${strategy !== 'basic' && tile(`${strategy} score`, totals.score, totals.score_interval && range(totals.score_interval))}
${tile('completions that pass', share, `${whole(totals.passed)} of ${whole(totals.scored)}`)}
</dl>`
}

function tile(
  name: string,
  share: number | undefined,
  ...more: readonly (string | false | undefined)[]
): Html {
  const small = more.filter((text) => typeof text === 'string')
  return html`<div><dt>${name}</dt><dd><b>${percent(share)}</b><small>${small.join(' · ')}</small></dd></div>
`
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
    ...(totals.average_interval ? ['ranges are 95\u202f% intervals over questions'] : []),
  ]
}

/** The first answer: which questions can't be done. */
function neverPassed({ name, parts }: Chain): Html {
  const scored = parts.filter((part) => part.scores.scored > 0)
  const never = scored.filter((part) => part.scores.passed === 0)
  const who = name !== '' && html`<span class="tag">${name}</span> `
  if (scored.length === 0) return html`<p>${who}Nothing has a score yet.</p>`
  if (never.length === 0)
    return html`<p class="fine">${who}Each of the ${count(scored.length, 'question')} with a score has a completion that passes every test case.</p>`
  return html`<p class="never-list">${who}<strong>${never.length} of ${count(scored.length, 'question')}</strong> ${never.length === 1 ? 'has' : 'have'} no completion that passes: ${idsOf(never, name)}</p>`
}

function idsOf(parts: readonly QuestionPart[], chain: string): Html {
  const more = parts.length - mostNamed
  return html`${parts
    .slice(0, mostNamed)
    .map(({ id }, at) => html`${at > 0 && ', '}${linkTo(id, chain)}`)}${more > 0 && ` and ${more} more`}`
}

async function charts(chains: readonly Chain[], remember: Remember): Promise<Html> {
  const draw = drawing(remember)
  return html`<div class="charts">
<figure><figcaption>pass@k</figcaption>${await passAtChart(draw, chains)}</figure>
<figure><figcaption>Questions by average score</figcaption>${await scoresChart(draw, chains)}</figure>
<figure><figcaption>How runs ended</figcaption>${await endingsChart(draw, chains)}</figure>
</div>
<details class="numbers"><summary>The charts’ numbers</summary>${chains.map(numbers)}</details>`
}

function numbers({ name, totals }: Chain): Html {
  const row = (what: string, value: string, more: string) =>
    html`<tr><th scope="row">${what}</th><td class="number">${value}</td><td>${more}</td></tr>\n`
  return html`<table><caption>${name === '' ? 'Estimates, and runs by how they ended' : name}</caption>
<thead><tr><th scope="col">What</th><th scope="col" class="number">Value</th><th scope="col">Of</th></tr></thead><tbody>
${Object.entries(totals.pass_at).map(([k, { mean, interval, questions }]) =>
  row(
    `pass@${k}`,
    percent(mean),
    `${count(questions, 'question')}${interval ? `, 95\u202f% interval ${range(interval)}` : ''}`,
  ),
)}
${Object.entries(totals.endings).map(([verdict, times]) => row(verdict, whole(times), 'runs'))}
</tbody></table>`
}
