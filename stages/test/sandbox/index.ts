/** What the test stage asks of a sandbox. Each kind of sandbox is a file beside this one. */
import type { Json } from '../../../engine/stage.ts'
import type { SupportFile } from '../../questions/model.ts'

export interface Limits {
  /** CPU seconds of the whole execution, children included; decides a timeout. */
  readonly cpuSeconds: number
  /** Backstop; generous. */
  readonly wallSeconds: number
  readonly memoryMB: number
  /** Kept of stdout and of stderr, each; the program is stopped beyond. */
  readonly outputKB: number
  /** Processes and threads alive at once. */
  readonly processes: number
  /** Size of the working directory. */
  readonly diskMB: number
  /** Size of any one file. */
  readonly fileMB: number
  readonly openFiles: number
}

/** One program to run: all that can change its outcome, besides the environment. */
export interface Execution {
  /** program = answer + "\n\n" + code (answer alone when code is blank). */
  readonly answer: string
  readonly code: string
  readonly stdin: string
  readonly files: readonly Pick<SupportFile, 'name' | 'text'>[]
  readonly capture: 'program' | 'testcase'
  readonly echoStdin: boolean
  readonly stderr: 'apart' | 'merged'
  readonly limits: Limits
}

export type Ending =
  | 'exited'
  | 'signalled'
  | 'cpu-timeout'
  | 'wall-timeout'
  | 'memory'
  | 'output-limit'
  | 'too-many-processes'

/** What an execution did. A plain JSON value: it is what the cache holds. */
export type Outcome = {
  /** What was printed: from the mark on, when capture is 'testcase'. Bytes that are not UTF-8 become U+FFFD. */
  readonly stdout: string
  readonly stderr: string
  /** Exit status when it exited, the signal's number when it was signalled, else -1. */
  readonly status: number
  readonly ending: Ending
  /** The test case's code began to run (true when it has none). */
  readonly began: boolean
  readonly cpuMs: number
  readonly wallMs: number
}

/** The sandbox itself failed, not the program: retried, never cached, fails the target. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
}

export interface Sandbox {
  readonly name: 'bwrap' | 'docker' | 'podman' | 'pyodide' | 'none'
  /** What a result depends on besides the execution: interpreter version, runner version, … Part of each key. */
  readonly fingerprint: { readonly [name: string]: Json }
  /** Starts a worker; the first execution may still have to wait for its interpreter. */
  start(): Worker
}

export interface Worker {
  /** One at a time. Throws SandboxError when the worker broke, AbortError when the signal was raised. */
  run(execution: Execution, signal: AbortSignal): Promise<Outcome>
  /** Kills it, with all that runs in it. */
  close(): Promise<void>
}

/** Why a sandbox can't be used here, or how. */
export type Probe =
  | { readonly usable: true; readonly sandbox: Sandbox; readonly stamps: readonly string[] }
  | { readonly usable: false; readonly why: string; readonly remedy: string }

/** What a person may say of sandboxes, besides which one. */
export interface Settings {
  /** Path of the interpreter, for the sandboxes that use one of this machine's. */
  readonly python: string
  /** Image of a container, with python3 in it. */
  readonly image: string
  /** The engine's runtime, e.g. 'runsc' for gVisor; the engine's own choice by default. */
  readonly runtime: string | undefined
}
