/** A run with nothing to do, against make, ninja, wireit and npm on the same graph of files. */
import { mb, measure, more, ms, note, rounds, times } from './compare.ts'
import type { Size } from './made.ts'
import { isHere } from './parts.ts'
import { bin, told } from './program.ts'
import { layRivals } from './rivals.ts'
import type { Scale } from './scale.ts'

/** `root`: a made workspace that is built. */
export async function noop(root: string, size: Size, scale: Scale): Promise<void> {
  layRivals(root, size.files)
  // Not even a copy of what it could restore: the least that wireit can do.
  const env = { WIREIT_CACHE: 'none', WIREIT_LOGGER: 'simple' }
  const wireit = 'npm run wireit, a script a stage'
  const run =
    (command: string, ...args: string[]) =>
    async () => {
      const { seconds, code } = await measure(command, args, root, env)
      if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit status ${code}`)
      return seconds
    }
  const base = 'node -e 0'
  const rivals = {
    'codex-runner': run(process.execPath, bin, '--quiet'),
    [base]: run(process.execPath, '-e', '0'),
    "node --import tsx -e ''": run(process.execPath, '--import', import.meta.resolve('tsx'), '-e', ''),
    ...(isHere('noop', 'make') ? { make: run('make', '-s'), 'make -r': run('make', '-rs') } : {}),
    ...(isHere('noop', 'ninja') ? { ninja: run('ninja') } : {}),
    'npm run true': run('npm', 'run', '--silent', 'true'),
    'npm run pipeline': run('npm', 'run', '--silent', 'pipeline'),
    [wireit]: run('npm', 'run', '--silent', 'wireit'),
  }
  // Twice, so that there is nothing to do: what has no record of these files yet touches them all.
  await rounds(2, rivals)
  const medians = await rounds(scale === 'short' ? 2 : 7, rivals)
  const of = (name: string) => medians[name] ?? Number.NaN
  for (const name of Object.keys(rivals))
    note('noop', name, `${ms(of(name))} (${(of(name) / of(base)).toFixed(1)} × ${base})`)
  note('noop', `codex-runner to ${base}`, more(of('codex-runner') - of(base)), '+ 100 ms')
  if ('make' in rivals)
    note('noop', 'codex-runner / make', times(of('codex-runner') / of('make')), 'under 1 ×')
  const pipeline = of('npm run pipeline')
  note('noop', 'npm run pipeline / npm run true', times(pipeline / of('npm run true')), '1.8 ×')
  note('noop', 'npm run pipeline / npm run wireit', times(pipeline / of(wireit)), 'under 1 ×')
  const { peakMB, summary } = await told(root)
  const { fresh = 0, built = 0, seconds = Number.NaN } = summary
  if (built > 0) throw new Error(`${built} targets were built in a run with nothing to do`)
  note('noop', 'peak memory', mb(peakMB), '150 MB')
  note('noop', `of it, looking at what ${fresh} targets depend on`, ms(seconds))
}
