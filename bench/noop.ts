/** A run with nothing to do, against make, ninja and npm on the same graph of files. See README.md beside this file. */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { measure, ms, note, rounds } from './compare.ts'
import type { Size } from './made.ts'

const bin = resolve(import.meta.dirname, '../engine/bin.mjs')

/** `root`: a made workspace that is built. */
export async function noop(root: string, size: Size): Promise<void> {
  rivalsFor(root, size.files)
  const run =
    (command: string, ...args: string[]) =>
    async () =>
      (await measure(command, args, root)).seconds
  const times = await rounds(7, {
    'codex-runner': run(process.execPath, bin, '--quiet'),
    'node -e 0': run(process.execPath, '-e', '0'),
    "node --import tsx -e ''": run(process.execPath, '--import', import.meta.resolve('tsx'), '-e', ''),
    make: run('make', '-s'),
    'make -r': run('make', '-rs'),
    ninja: run('ninja'),
    'npm run true': run('npm', 'run', '--silent', 'true'),
    'npm run pipeline': run('npm', 'run', '--silent', 'pipeline'),
  })
  const base = times['node -e 0'] ?? Number.NaN
  for (const [name, seconds] of Object.entries(times))
    note('noop', name, `${ms(seconds)} (${(seconds / base).toFixed(1)} × node -e 0)`)
  const { peakMB, stdout } = await measure(process.execPath, [bin, '--json'], root)
  note('noop', 'peak memory', `${peakMB.toFixed(0)} MB`)
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    seconds: number
    fresh: number
    built: number
  }
  note('noop', `of it, the walk over ${summary.fresh + summary.built} targets`, ms(summary.seconds))
}

/** The same graph for make and ninja: three files a question file, and a report of all. */
function rivalsFor(root: string, files: number): void {
  const names = Array.from({ length: files }, (_, file) => `q${String(file).padStart(5, '0')}`)
  const steps = [
    ['completions', 'questions'],
    ['cleaned', 'completions'],
    ['results', 'cleaned'],
  ]
  const makefile = [
    'all: data/report/results.csv',
    `data/report/results.csv: ${names.map((name) => `data/results/${name}.toml`).join(' ')}`,
    '\ttouch $@',
  ]
  const ninja = ['rule touch', '  command = touch $out']
  for (const name of names)
    for (const [to, from] of steps) {
      makefile.push(`data/${to}/${name}.toml: data/${from}/${name}.toml`, '\ttouch $@')
      ninja.push(`build data/${to}/${name}.toml: touch data/${from}/${name}.toml`)
    }
  ninja.push(
    `build data/report/results.csv: touch ${names.map((name) => `data/results/${name}.toml`).join(' ')}`,
  )
  writeFileSync(join(root, 'Makefile'), `${makefile.join('\n')}\n`)
  writeFileSync(join(root, 'build.ninja'), `${ninja.join('\n')}\n`)
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ type: 'module', scripts: { true: 'true', pipeline: `node ${bin} --quiet` } }),
  )
}
