/**
 * Charts by Observable Plot, drawn here into SVG that stands in the page. Plot is loaded when a chart has to be drawn, for
 * that takes as long as the whole rest of a report; a chart of the same numbers is remembered.
 *
 * The page's policy allows no style but that of its style sheet, so what Plot writes as style is taken out; colours are
 * the style sheet's variables, and suit both themes. No chart may use what Plot knows by number (markers, clip paths): it
 * goes on counting from page to page, and the same report would come out in other bytes.
 */
import { type Digest, type Json, keyOf } from '../../../engine/stage.ts'
import { visible } from '../escape.ts'
import { Html } from './html.ts'
import { loadPlot, type Plot } from './plot.ts'

export type { Plot } from './plot.ts'

/** Raise it when the same data give another chart. */
const version = 1

export type Options = NonNullable<Parameters<Plot['plot']>[0]>

export interface Chart<Data extends Json> {
  readonly kind: string
  /** Its text alternative. */
  readonly label: string
  /** All that the options depend on. */
  readonly data: Data
  readonly options: (plot: Plot, data: Data) => Options
}

export type Draw = <Data extends Json>(chart: Chart<Data>) => Promise<Html>

/** Gives what was made for a key before, or makes it. */
export type Remember = (key: Digest, make: () => Promise<string>) => Promise<string>

export function drawing(remember: Remember): Draw {
  let tools: Promise<Tools> | undefined
  return async (chart) => {
    const { kind, label, data } = chart
    const made = await remember(keyOf('report-chart', { version, kind, label, data }), async () => {
      tools ??= loadTools()
      return drawn(chart, await tools)
    })
    return new Html(made)
  }
}

type Tools = Awaited<ReturnType<typeof loadTools>>

async function loadTools() {
  const plot = loadPlot()
  // Its build for workers: one file, without what a canvas needs.
  const { parseHTML } = await import('linkedom/worker')
  return { plot, document: parseHTML('<!doctype html><body>').document }
}

function drawn<Data extends Json>({ label, data, options }: Chart<Data>, { plot, document }: Tools): string {
  const svg = plot.plot({ document, className: 'plot', width: 360, ...options(plot, data) })
  for (const style of svg.querySelectorAll('style')) style.remove()
  // Inside an image nothing has a name of its own.
  for (const part of svg.querySelectorAll('*'))
    for (const name of ['style', 'aria-label', 'aria-hidden']) part.removeAttribute(name)
  for (const name of ['style', 'font-family', 'font-size']) svg.removeAttribute(name)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', visible(label))
  return svg.outerHTML
}
