/**
 * Tests that need a part which a machine may lack (python3, bwrap, a browser). Where it is missing they are skipped
 * and say so; where CI is set they fail, because in CI nothing may be skipped for want of a part.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Test } from 'uvu'

export function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, name)))
}

/** The folder of real question sets, or undefined. `CODEX_RUNNER_CORPORA` overrides where it is looked for. */
export const corpora = [process.env['CODEX_RUNNER_CORPORA'], '../shared/corpora'].find(
  (folder) => folder !== undefined && existsSync(folder),
)

const present: { readonly [part: string]: () => boolean } = {
  docker: () => onPath('docker') && spawnSync('docker', ['info']).status === 0,
  podman: () => onPath('podman') && spawnSync('podman', ['info']).status === 0,
  'a Python image': () => process.env['PYTHON_IMAGE'] !== undefined,
  bwrap: () => onPath('bwrap'),
  python3: () => existsSync('/usr/bin/python3'),
  corpora: () => corpora !== undefined,
}

const found = new Map<string, boolean>()

function isPresent(part: string): boolean {
  const known = found.get(part) ?? present[part]?.() ?? onPath(part)
  found.set(part, known)
  return known
}

/** Registers the test, or a skipped one that names what is missing. */
export function needing(
  test: Test,
  parts: readonly string[],
  name: string,
  body: () => Promise<void> | void,
): void {
  const missing = parts.filter((part) => !isPresent(part))
  if (missing.length === 0) test(name, body)
  else if (process.env['CI'])
    test(name, () => {
      throw new Error(`missing in CI: ${missing.join(', ')}`)
    })
  else {
    console.error(`skipped, no ${missing.join(', ')}: ${name}`)
    test.skip(name, body)
  }
}
