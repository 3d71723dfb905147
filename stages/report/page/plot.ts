/**
 * Observable Plot and d3, each as the one file that it publishes for browsers. Imported in the usual way they are some
 * six hundred modules, and to find those one by one takes half a second, longer than all the rest of a report.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'

export type Plot = typeof import('@observablehq/plot')

export function loadPlot(): Plot {
  const entry = fileURLToPath(import.meta.resolve('@observablehq/plot'))
  const d3 = published(createRequire(entry).resolve('d3'), 'd3.min.js')
  return published(entry, '../dist/plot.umd.min.js', d3) as Plot
}

/** What a file beside a package's entry exports, given the one thing that it requires. */
function published(entry: string, file: string, required?: unknown): unknown {
  const path = join(dirname(entry), file)
  const module = { exports: {} }
  const run = compileFunction(readFileSync(path, 'utf8'), ['module', 'exports', 'require'], {
    filename: path,
  })
  run(module, module.exports, () => required)
  return module.exports
}
