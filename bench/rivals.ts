/**
 * The made workspace's graph for make, ninja and wireit: three files a question file, and a report of all. wireit has a
 * script a stage, each with all files of its stage: with a script a target it takes minutes to build and several times
 * as long for nothing to do.
 */
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nameOf } from './made.ts'
import { bin, project } from './program.ts'

/** From, to. */
const steps = [
  ['questions', 'completions'],
  ['completions', 'cleaned'],
  ['cleaned', 'results'],
] as const
const report = 'data/report/results.csv'

/** Lays a Makefile, a build.ninja and a package.json into the workspace. */
export function layRivals(root: string, files: number): void {
  const names = Array.from({ length: files }, (_, file) => nameOf(file))
  writeFileSync(join(root, 'Makefile'), makefile(names))
  writeFileSync(join(root, 'build.ninja'), ninjaFile(names))
  writeFileSync(join(root, 'package.json'), packageFile())
  // Where npm looks for wireit.
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'))
}

function makefile(names: readonly string[]): string {
  const lines = [`all: ${report}`, `${report}: ${resultsOf(names)}`, '\ttouch $@']
  for (const name of names)
    for (const [from, to] of steps)
      lines.push(`data/${to}/${name}.toml: data/${from}/${name}.toml`, '\ttouch $@')
  return `${lines.join('\n')}\n`
}

function ninjaFile(names: readonly string[]): string {
  const lines = ['rule touch', '  command = touch $out']
  for (const name of names)
    for (const [from, to] of steps)
      lines.push(`build data/${to}/${name}.toml: touch data/${from}/${name}.toml`)
  return `${[...lines, `build ${report}: touch ${resultsOf(names)}`].join('\n')}\n`
}

function resultsOf(names: readonly string[]): string {
  return names.map((name) => `data/results/${name}.toml`).join(' ')
}

function packageFile(): string {
  const stages = steps.map(([from, to]) => [
    to,
    {
      ...step(`data/${from}/*.toml`, `data/${to}/*.toml`),
      dependencies: from === 'questions' ? [] : [from],
    },
  ])
  return JSON.stringify({
    type: 'module',
    scripts: { true: 'true', pipeline: `node ${bin} --quiet`, wireit: 'wireit' },
    wireit: {
      ...Object.fromEntries(stages),
      wireit: { ...step('data/results/*.toml', report), dependencies: ['results'] },
    },
  })
}

function step(from: string, to: string) {
  // What is there stays there: these are our outputs.
  return { command: 'true', files: [from], output: [to], clean: false }
}
