/** The sandboxes that there are, strongest first, and what each needs. Loaded when one is asked about or opened. */
import type { Engine } from './container.ts'
import type { Probe, Sandbox, Settings } from './index.ts'
import { pyodideDigest, runnerDigest } from './inside.ts'

export interface Kind {
  readonly name: Sandbox['name']
  /** What it keeps a program in, for `doctor`. */
  readonly protects: string
  /** Whether it works here, by trying it. `say` is told of work that takes long; without it there is none (no pull). */
  probe(settings: Settings, say?: (text: string) => void): Promise<Probe>
  /** The sandbox with a fingerprint that it was found to have; nothing is probed. */
  open(settings: Settings, fingerprint: Sandbox['fingerprint']): Promise<Sandbox>
  /** What of the settings a probe's result depends on. */
  setting(settings: Settings): string
  /** Digest of our own part of what runs inside. */
  runner(): string
}

/** In the order in which `auto` tries them. */
export const kinds: readonly Kind[] = [
  {
    name: 'bwrap',
    protects: 'namespaces of its own for each execution, a system call filter; nothing of the host but /usr',
    probe: async ({ python }) => (await import('./bwrap.ts')).probeBwrap(python),
    open: async ({ python }, fingerprint) => (await import('./bwrap.ts')).bwrapSandbox(python, fingerprint),
    setting: ({ python }) => python,
    runner: runnerDigest,
  },
  container('docker'),
  container('podman'),
  {
    name: 'pyodide',
    protects:
      'Python in WebAssembly, in a process of its own: against accidents, not against hostile programs',
    probe: async () => (await import('./pyodide.ts')).probePyodide(),
    open: async (_, fingerprint) => (await import('./pyodide.ts')).pyodideSandbox(fingerprint),
    setting: () => '',
    runner: pyodideDigest,
  },
]

/** Never chosen by `auto`, and never without consent. */
export const none: Kind = {
  name: 'none',
  protects: 'nothing: programs may do all that you may',
  probe: async ({ python }) => (await import('./none.ts')).probeNone(python),
  open: async ({ python }, fingerprint) => (await import('./none.ts')).noSandbox(python, fingerprint),
  setting: ({ python }) => python,
  runner: runnerDigest,
}

export function kindOf(name: string): Kind | undefined {
  return [...kinds, none].find((kind) => kind.name === name)
}

function container(name: Engine): Kind {
  return {
    name,
    protects: 'a container without network, a user of its own for each execution, a system call filter',
    probe: async (settings, say) => (await import('./container.ts')).probeContainer(name, settings, say),
    open: async ({ runtime }, fingerprint) =>
      (await import('./container.ts')).containerSandbox(name, runtime, fingerprint),
    setting: ({ image, runtime }) => `${image} ${runtime ?? ''}`,
    runner: runnerDigest,
  }
}
