/** The overview's charts. Each names its numbers in its text alternative. */
import { head, oneLine } from '../escape.ts'
import type { QuestionPart, Scores } from '../part.ts'
import { passAtK, spreadOf } from '../statistics.ts'
import type { Totals } from '../summary.ts'
import type { Draw, Options, Plot } from './drawing.ts'
import { count, percent } from './format.ts'
import type { Html } from './html.ts'

/** All that is known of a model or prompt; the name is '' where there is one alone. */
export interface Chain {
  readonly name: string
  readonly totals: Totals
  readonly parts: readonly QuestionPart[]
}

/** What tells chains apart besides their colour; the table of chains has them too. */
export const signs = ['●', '■', '▲', '◆', '★', '✚'] as const
const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross'] as const

/** Estimates for the summary's k, with their intervals, on a line of as many as it needs. */
export function passAtChart(draw: Draw, chains: readonly Chain[]): Promise<Html> {
  const dots = chains.flatMap(({ totals }, index) =>
    Object.entries(totals.pass_at).map(([k, { mean, interval: [low, high] = [mean, mean] }]) => ({
      ...{ k: Number(k), mean, low, high },
      ...lookOf(index),
    })),
  )
  const line = chains.flatMap(({ parts }, index) =>
    curveOf(parts, mostOf(dots)).map(([k, mean]) => ({ k, mean, ...lookOf(index) })),
  )
  const legend = chains.map(({ name }, index) => ({
    mean: 0.07 + 0.09 * (chains.length - 1 - index),
    words: `${signs[index % 6]} ${head(oneLine(name), 30)}`,
    ...lookOf(index),
  }))
  return draw({
    kind: 'pass-at',
    label: `pass@k: ${chains.map(passAtInWords).join('; ')}`,
    data: { dots, line, legend: chains.length === 1 ? [] : legend },
    options: passAtOptions,
  })
}

type Dot = {
  readonly k: number
  readonly mean: number
  readonly low: number
  readonly high: number
  readonly colour: string
  readonly symbol: string
}
type PassAtData = {
  readonly dots: readonly Dot[]
  readonly line: readonly Omit<Dot, 'low' | 'high'>[]
  /** Of a single chain none is wanted. */
  readonly legend: readonly (Omit<Dot, 'k' | 'low' | 'high'> & { readonly words: string })[]
}

function passAtOptions(plot: Plot, { dots, line, legend }: PassAtData): Options {
  const at = { x: 'k', y: 'mean' } as const
  const k = mostOf(dots)
  return {
    height: 210,
    marginLeft: 44,
    marginRight: 54,
    marginTop: 18,
    marginBottom: 38,
    insetLeft: 16,
    x: {
      ...axis,
      type: 'log',
      label: 'completions tried (k)',
      ticks: [...new Set(dots.map(({ k }) => k))],
      tickFormat: String,
    },
    y: {
      ...axis,
      domain: [0, 1],
      ticks: 5,
      tickFormat: (share: number) => `${Math.round(share * 100)}\u202f%`,
      label: null,
    },
    marks: [
      plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1 }),
      plot.ruleX(dots, {
        x: 'k',
        y1: 'low',
        y2: 'high',
        stroke: 'colour',
        strokeWidth: 5,
        strokeOpacity: 0.3,
      }),
      plot.lineY(line, { ...at, z: 'symbol', stroke: 'colour', strokeWidth: 2 }),
      plot.dot(dots, { ...at, fill: 'colour', symbol: 'symbol', r: 3.5 }),
      legend.length === 0
        ? plot.text(dots, {
            ...at,
            text: ({ mean }: Dot) => percent(mean),
            dy: 12,
            dx: 6,
            textAnchor: 'start',
          })
        : plot.text(
            legend.map((each) => ({ ...each, k })),
            { ...at, text: 'words', fill: 'colour', textAnchor: 'end', dx: 6 },
          ),
    ],
  }
}

function mostOf(dots: readonly { readonly k: number }[]): number {
  return Math.max(...dots.map(({ k }) => k))
}

function lookOf(index: number) {
  return { colour: `var(--chain-${index % 6})`, symbol: symbols[index % 6] ?? symbols[0] }
}

const axis = { labelAnchor: 'center', labelArrow: 'none', tickSize: 0, tickPadding: 8 } as const

function passAtInWords({ name, totals }: Chain): string {
  const values = Object.entries(totals.pass_at).map(([k, { mean }]) => `pass@${k} ${percent(mean)}`)
  return `${name}${name && ': '}${values.join(', ')}`
}

/** As the summary has it: at each k over the questions that have that many completions. */
function curveOf(
  parts: readonly QuestionPart[],
  most: number,
): readonly (readonly [k: number, mean: number])[] {
  const alike = new Map<string, { readonly scores: Scores; times: number }>()
  for (const { scores } of parts) {
    const key = `${scores.passed} of ${scores.scored}`
    const known = alike.get(key)
    if (known === undefined) alike.set(key, { scores, times: 1 })
    else known.times++
  }
  const ks = new Set(Array.from({ length: 25 }, (_, index) => Math.round(most ** (index / 24))))
  return [...ks].flatMap((k) => {
    const values = [...alike.values()].flatMap(({ scores: { scored, passed }, times }) => {
      const value = scored === 0 ? undefined : passAtK(scored, passed, k)
      return value === undefined ? [] : new Array<number>(times).fill(value)
    })
    const average = spreadOf(values)?.average
    return average === undefined ? [] : [[k, average] as const]
  })
}

const bins = ['0\u202f%', '1–19', '20–39', '40–59', '60–79', '80–99', '100\u202f%'] as const

/** How many questions have which average; none and all stand by themselves, for that is what one looks for. */
export function scoresChart(draw: Draw, chains: readonly Chain[]): Promise<Html> {
  const bars = chains.flatMap(({ name, parts }) => {
    const averages = parts.flatMap((part) => part.scores.spread?.average ?? [])
    return bins.map((bin, index) => ({
      name,
      bin,
      questions: averages.filter((average) => binOf(average) === index).length,
      colour: index === 0 ? 'var(--none)' : index === bins.length - 1 ? 'var(--all)' : 'var(--some)',
    }))
  })
  const words = bars.map(({ name, bin, questions }) => `${name} ${bin}: ${questions}`.trim())
  return draw({
    kind: 'scores',
    label: `Questions by average score: ${words.join(', ')}`,
    data: { bars, names: chains.map(({ name }) => name) },
    options: scoresOptions,
  })
}

type Names = readonly string[]
type Bar = {
  readonly name: string
  readonly bin: string
  readonly questions: number
  readonly colour: string
}

function scoresOptions(
  plot: Plot,
  { bars, names }: { readonly bars: readonly Bar[]; readonly names: Names },
): Options {
  const at = { x: 'bin', y: 'questions', ...facet(names) }
  return {
    ...facets(names),
    height: 56 + (names.length === 1 ? 154 : 84 * names.length),
    marginLeft: 8,
    marginTop: 18,
    marginBottom: 38,
    x: { ...axis, domain: bins, label: 'share of test cases passed, on average' },
    y: { axis: null },
    marks: [
      plot.barY(bars, { ...at, fill: 'colour' }),
      plot.text(bars, {
        ...at,
        text: ({ questions }: Bar) => (questions === 0 ? '' : String(questions)),
        dy: -8,
      }),
      plot.ruleY([0], { stroke: 'var(--faint)' }),
    ],
  }
}

function binOf(average: number): number {
  if (average === 0) return 0
  return average === 1 ? bins.length - 1 : 1 + Math.min(4, Math.floor(average * 5))
}

type Ended = {
  readonly name: string
  readonly verdict: string
  readonly times: number
  readonly share: number
}

/** Runs by how they ended, the most frequent first. */
export function endingsChart(draw: Draw, chains: readonly Chain[]): Promise<Html> {
  const bars = chains.flatMap(endedOf)
  const words = bars.map(({ name, verdict, times }) => `${name} ${verdict}: ${count(times, 'run')}`.trim())
  return draw({
    kind: 'endings',
    label: `How runs ended: ${words.join(', ')}`,
    data: { bars, names: chains.map(({ name }) => name) },
    options: endingsOptions,
  })
}

function endingsOptions(
  plot: Plot,
  { bars, names }: { readonly bars: readonly Ended[]; readonly names: Names },
): Options {
  const verdicts = verdictsOf(bars)
  const at = { x: 'share', y: 'verdict', ...facet(names) }
  return {
    ...facets(names),
    height: 16 + (24 * verdicts.length + 10) * names.length,
    marginLeft: 110,
    marginTop: 4,
    marginBottom: 8,
    insetRight: 84,
    x: { axis: null, domain: [0, Math.max(0.01, ...bars.map(({ share }) => share))] },
    y: { ...axis, domain: verdicts, label: null, padding: 0.25 },
    marks: [
      plot.barX(bars, {
        ...at,
        fill: ({ verdict }: Ended) => (verdict === 'passed' ? 'var(--all)' : 'var(--none)'),
      }),
      plot.text(bars, {
        ...at,
        text: ({ times, share }: Ended) => `${times}, ${percent(share)}`,
        textAnchor: 'start',
        dx: 5,
      }),
    ],
  }
}

function endedOf({ name, totals: { endings } }: Chain): readonly Ended[] {
  const runs = Object.values(endings).reduce((sum, times) => sum + times, 0)
  return Object.entries(endings).map(([verdict, times]) => ({ name, verdict, times, share: times / runs }))
}

function verdictsOf(bars: readonly Ended[]): string[] {
  const totals = new Map<string, number>()
  for (const { verdict, times } of bars) totals.set(verdict, (totals.get(verdict) ?? 0) + times)
  return [...totals].sort(([, a], [, b]) => b - a).map(([verdict]) => verdict)
}

function facet(names: Names): { readonly fy?: string } {
  return names.length > 1 ? { fy: 'name' } : {}
}

function facets(names: Names) {
  if (names.length === 1) return { marginRight: 8 }
  return {
    marginRight: 84,
    fy: {
      label: null,
      domain: names,
      tickFormat: (name: string) => head(oneLine(name), 13),
      tickSize: 0,
    },
  }
}
