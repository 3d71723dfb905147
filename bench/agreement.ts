/**
 * What the warm interpreter shows of a program is what `python3 program.py` shows: exit status, stdout and stderr with
 * its tracebacks, of the programs of all corpora. Programs that a limit ends are passed over.
 */
import { corpora } from '../engine/testing/parts.ts'
import { Bench, execution, natives, plainPython, probeNative } from '../stages/test/sandbox/testing/index.ts'
import { note } from './compare.ts'
import { programsOf, sets } from './parity.ts'
import { notHere } from './parts.ts'
import type { Scale } from './scale.ts'

/** `full`: every program in bwrap but for the largest set, of which a fortieth; a fifth of that in containers. */
export async function agreement(scale: Scale): Promise<void> {
  if (corpora === undefined) return notHere('agreement', 'real programs', 'no corpora')
  for (const native of natives) {
    const probe = await probeNative(native)
    if (!probe.usable) {
      notHere('agreement', native.name, probe.why)
      continue
    }
    const bench = new Bench(() => probeNative(native))
    let [compared, limited] = [0, 0]
    const differing: string[] = []
    for (const set of scale === 'short' ? sets.slice(0, 1) : sets) {
      const stride =
        (set.file.startsWith('codegen') ? 40 : 1) *
        (native.name === 'bwrap' ? 1 : 5) *
        { short: 40, usual: 20, full: 1 }[scale]
      for (const { id, program, stdin } of programsOf(set).filter((_, at) => at % stride === 0)) {
        const outcome = await bench.run(program, { stdin, limits: { cpuSeconds: 3 } })
        if (outcome.ending !== 'exited') {
          limited++
          continue
        }
        compared++
        const plain = plainPython(execution(program, { stdin }))
        const same =
          outcome.status === plain.status &&
          steady(outcome.stdout) === steady(plain.stdout) &&
          steady(outcome.stderr) === steady(plain.stderr)
        if (!same) differing.push(`${set.file} ${id}`)
      }
    }
    await bench.close()
    note(
      'agreement',
      `${native.name}: with python3 program.py`,
      `${compared - differing.length} of ${compared} (${limited} ended by a limit)`,
    )
    for (const name of differing) console.log(`             differs: ${name}`)
  }
}

/** Where an object lies in memory is nobody's business. */
function steady(text: string): string {
  return text.replace(/ at 0x[0-9a-f]+/g, ' at 0x')
}
