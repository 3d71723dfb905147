/**
 * Charts by Observable Plot, drawn here into SVG that stands in the page. Plot is loaded when a chart is wanted, for
 * loading it takes as long as the whole rest of a report.
 *
 * The page's policy allows no style but that of its style sheet, so what Plot writes as style is taken out; colours are
 * the style sheet's variables, and suit both themes. No chart may use what Plot knows by number (markers, clip paths): it
 * goes on counting from page to page, and the same report would come out in other bytes.
 */
import { visible } from '../escape.ts'
import { Html } from './html.ts'
import { loadPlot, type Plot } from './plot.ts'

export type { Plot } from './plot.ts'

type Options = NonNullable<Parameters<Plot['plot']>[0]>

/** Draws a chart; the label is its text alternative. */
export type Draw = (label: string, options: (plot: Plot) => Options) => Html

export async function drawing(): Promise<Draw> {
  const plot = loadPlot()
  // Its build for workers: one file, without what a canvas needs.
  const { parseHTML } = await import('linkedom/worker')
  const { document } = parseHTML('<!doctype html><body>')
  return (label, options) => {
    const svg = plot.plot({ document, className: 'plot', width: 360, ...options(plot) })
    for (const style of svg.querySelectorAll('style')) style.remove()
    // Inside an image nothing has a name of its own.
    for (const part of svg.querySelectorAll('*'))
      for (const name of ['style', 'aria-label', 'aria-hidden']) part.removeAttribute(name)
    for (const name of ['style', 'font-family', 'font-size']) svg.removeAttribute(name)
    svg.setAttribute('role', 'img')
    svg.setAttribute('aria-label', visible(label))
    return new Html(svg.outerHTML)
  }
}
