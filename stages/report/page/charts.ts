/**
 * Charts by Observable Plot, drawn here into SVG that stands in the page. Plot is loaded when a chart is wanted, for
 * loading it takes as long as the whole rest of a report.
 *
 * The page's policy allows no style but that of page.css, so what Plot writes as style is taken out; colours are the
 * stylesheet's variables, and suit both themes. No chart uses what Plot knows by number (markers, clip paths): it goes on
 * counting from page to page, and the same report would come out in other bytes.
 */

import type { QuestionPart } from '../part.ts'
import { passAtK, spreadOf } from '../statistics.ts'
import { scoresOf, type Totals } from '../summary.ts'
import { count, percent } from './format.ts'
import { Html } from './html.ts'

export interface Chain {
  readonly name: string
  readonly totals: Totals
  readonly parts: readonly QuestionPart[]
}

type Plot = typeof import('@observablehq/plot')
type Options = NonNullable<Parameters<Plot['plot']>[0]>

export type Draw = (label: string, options: (plot: Plot) => Options) => Html

/** What draws a chart, with its text alternative. */
export async function drawing(): Promise<Draw> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')])
  const { document } = parseHTML('<!doctype html><body>')
  return (label, options) => {
    const svg = plot.plot({ document, className: 'plot', width: 360, ...options(plot) })
    for (const style of svg.querySelectorAll('style')) style.remove()
    for (const part of svg.querySelectorAll('*')) {
      for (const name of ['style', 'aria-label', 'aria-hidden', 'aria-description'])
        part.removeAttribute(name)
    }
    for (const name of ['style', 'font-family']) svg.removeAttribute(name)
    svg.setAttribute('role', 'img')
    svg.setAttribute('aria-label', label)
    return new Html(svg.outerHTML)
  }
}

/** The estimate for each k: those of the summary, and as many between as make a line, as far as all questions go. */
export function passAtChart(draw: Draw, chains: readonly Chain[]): Html {
  const points = chains.flatMap(({ name, parts }, index) =>
    curveOf(parts).map(([k, mean]) => ({ k, mean, name, colour: colourOf(index) })),
  )
  const named = chains.flatMap(({ totals, name }, index) =>
    Object.entries(totals.pass_at).map(([k, { mean }]) => ({
      k: Number(k),
      mean,
      name,
      colour: colourOf(index),
    })),
  )
  const ks = [...new Set(named.map(({ k }) => k))]
  const words = chains.map(({ name, totals }) => {
    const values = Object.entries(totals.pass_at).map(([k, { mean }]) => `pass@${k} ${percent(mean)}`)
    return `${name}${name && ': '}${values.join(', ')}`
  })
  return draw(`pass@k: ${words.join('; ')}`, (plot) => ({
    height: 200,
    marginLeft: 46,
    marginRight: 24,
    marginTop: 16,
    x: {
      type: 'log',
      label: 'k, completions tried',
      ticks: ks,
      tickFormat: String,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: {
      domain: [0, 1],
      ticks: 5,
      tickFormat: (share: number) => `${Math.round(share * 100)} %`,
      label: null,
    },
    marks: [
      plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1 }),
      plot.lineY(points, { x: 'k', y: 'mean', z: 'name', stroke: 'colour', strokeWidth: 2 }),
      plot.dot(named, { x: 'k', y: 'mean', fill: 'colour', r: 3.5 }),
      chains.length === 1
        ? plot.text(named, {
            x: 'k',
            y: 'mean',
            text: ({ mean }: { mean: number }) => percent(mean),
            dy: -10,
          })
        : plot.text(
            named.filter(({ k }) => k === Math.min(...ks)),
            { x: 'k', y: 'mean', text: 'name', dy: -10, textAnchor: 'start' },
          ),
    ],
  }))
}

function curveOf(parts: readonly QuestionPart[]): readonly (readonly [k: number, mean: number])[] {
  const tried = parts
    .map((part) => scoresOf(part))
    .filter((scores) => scores.length > 0)
    .map((scores) => ({ n: scores.length, passed: scores.filter((share) => share === 1).length }))
  const most = tried.reduce((least, { n }) => Math.min(least, n), Number.POSITIVE_INFINITY)
  if (!Number.isFinite(most)) return []
  const steps = Array.from({ length: 25 }, (_, index) => Math.round(most ** (index / 24)))
  return [...new Set(steps)].map((k) => {
    const values = tried.map(({ n, passed }) => passAtK(n, passed, k) ?? 0)
    return [k, spreadOf(values)?.average ?? 0]
  })
}

const bins = ['0 %', '1–19', '20–39', '40–59', '60–79', '80–99', '100 %'] as const

/** How many questions have which average; none and all stand by themselves, for that is what one looks for. */
export function scoresChart(draw: Draw, chains: readonly Chain[]): Html {
  const bars = chains.flatMap(({ name, parts }) => {
    const averages = parts
      .map((part) => spreadOf(scoresOf(part))?.average)
      .filter((value) => value !== undefined)
    return bins.map((bin, index) => ({
      name,
      bin,
      questions: averages.filter((average) => binOf(average) === index).length,
      colour: index === 0 ? 'var(--none)' : index === bins.length - 1 ? 'var(--all)' : 'var(--some)',
    }))
  })
  const words = bars.map(({ name, bin, questions }) => `${name} ${bin}: ${questions}`.trim())
  return draw(`Questions by their average score: ${words.join(', ')}`, (plot) => ({
    height: 40 + 160 * Math.min(1, chains.length) + 90 * (chains.length - 1),
    marginLeft: 12,
    marginRight: chains.length > 1 ? 60 : 12,
    marginTop: 18,
    x: { domain: bins, label: 'average score', labelAnchor: 'center', labelArrow: 'none', tickSize: 0 },
    y: { axis: null },
    ...(chains.length > 1 ? { fy: { label: null } } : {}),
    marks: [
      plot.barY(bars, { x: 'bin', y: 'questions', fill: 'colour', ...facet(chains) }),
      plot.text(bars, {
        x: 'bin',
        y: 'questions',
        text: ({ questions }: { questions: number }) => (questions === 0 ? '' : String(questions)),
        dy: -8,
        ...facet(chains),
      }),
      plot.ruleY([0], { stroke: 'var(--faint)' }),
    ],
  }))
}

function binOf(average: number): number {
  if (average === 0) return 0
  return average === 1 ? bins.length - 1 : 1 + Math.min(4, Math.floor(average * 5))
}

/** Runs by how they ended, the most frequent first. */
export function endingsChart(draw: Draw, chains: readonly Chain[]): Html {
  const bars = chains.flatMap(({ name, totals }) => {
    const runs = Object.values(totals.endings).reduce((sum, times) => sum + times, 0)
    return Object.entries(totals.endings).map(([verdict, times]) => ({
      name,
      verdict,
      times,
      share: times / runs,
    }))
  })
  const verdicts = [...new Set(bars.map(({ verdict }) => verdict))]
  const total = (verdict: string) =>
    bars.filter((bar) => bar.verdict === verdict).reduce((sum, { times }) => sum + times, 0)
  const sorted = verdicts.sort((a, b) => total(b) - total(a))
  const words = bars.map(({ name, verdict, times }) => `${name} ${verdict} ${count(times, 'run')}`.trim())
  return draw(`How runs ended: ${words.join(', ')}`, (plot) => ({
    height: 20 + 26 * sorted.length * chains.length + 12 * chains.length,
    marginLeft: 104,
    marginRight: chains.length > 1 ? 100 : 78,
    marginTop: 4,
    marginBottom: 8,
    x: { axis: null, domain: [0, Math.max(0.01, ...bars.map(({ share }) => share))] },
    y: { domain: sorted, label: null, tickSize: 0, padding: 0.25 },
    ...(chains.length > 1 ? { fy: { label: null } } : {}),
    marks: [
      plot.barX(bars, {
        x: 'share',
        y: 'verdict',
        fill: ({ verdict }: { verdict: string }) => (verdict === 'passed' ? 'var(--all)' : 'var(--none)'),
        ...facet(chains),
      }),
      plot.text(bars, {
        x: 'share',
        y: 'verdict',
        text: ({ times, share }: { times: number; share: number }) => `${times}, ${percent(share)}`,
        textAnchor: 'start',
        dx: 5,
        ...facet(chains),
      }),
    ],
  }))
}

function facet(chains: readonly Chain[]): { readonly fy?: string } {
  return chains.length > 1 ? { fy: 'name' } : {}
}

function colourOf(index: number): string {
  return `var(--chain-${index % 6})`
}
