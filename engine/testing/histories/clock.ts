/**
 * A clock that a test moves, and a file system that goes by it in coarse ticks, for code in this process: so that time
 * passes without waiting, and a file that is written twice in a tick looks the same on any kernel (Linux since 6.13 gives
 * a file that was looked at a finer time, and then nothing is ever racy).
 *
 * Nothing is made up but the times: what stat says is the kernel's time, moved by as much as the clock stood apart from
 * the kernel's when that was, and cut to the tick. Times that somebody set in the future stay.
 */
import fs, { type BigIntStats, type Stats } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Clock {
  pass(ms: number): Promise<void>
  /** So much that all files are old. */
  rest(): Promise<void>
  /** As a person sets it, or as it is corrected. */
  jump(ms: number): void
  stop(): void
}

/** The machine's own. Nobody sets that for a test, or waits for it long. */
export const ownClock: Clock = {
  pass: (ms) => sleep(Math.min(ms, 60)),
  rest: () => sleep(60),
  jump: () => {},
  stop: () => {},
}

type Call = (this: unknown, ...args: unknown[]) => unknown

/** What the kernel says, whatever clock is in use. */
export const kernelStat = fs.statSync
const kernelNow = Date.now
const nsInMs = 1_000_000n
/** What the stamps have to reckon with. */
const tick = 10n * nsInMs
const calls = [
  [fs, ['statSync', 'lstatSync', 'fstatSync'], adjusting],
  [fs, ['stat', 'lstat', 'fstat'], adjustingCallback],
  [fs.promises, ['stat', 'lstat'], adjustingPromise],
] as const

export class MovedClock implements Clock {
  /** From when on, by the kernel, the clock has stood how far apart. */
  readonly #moves: { readonly from: bigint; readonly apart: bigint }[] = [{ from: 0n, apart: 0n }]
  readonly #probe: string
  readonly #before: (() => void)[] = []

  /** `probe`: a file to be written, on the file system in question. */
  constructor(probe: string) {
    this.#probe = probe
    const adjust = (found: unknown) => {
      if (isStats(found)) this.#adjust(found)
    }
    for (const [owner, names, wrapped] of calls)
      for (const name of names) {
        const call: unknown = Reflect.get(owner, name)
        this.#replace(owner, name, wrapped(call as Call, adjust))
      }
    this.#replace(Date, 'now', () => kernelNow() + Number(this.#apart / nsInMs))
    syncBuiltinESMExports()
  }

  async pass(ms: number): Promise<void> {
    this.jump(ms)
  }

  rest(): Promise<void> {
    return this.pass(2500)
  }

  jump(ms: number): void {
    const from = BigInt(kernelNow() + 1) * nsInMs
    // The kernel's clock for files is a bit late: what is written from now on is to be of the time after the move.
    do fs.writeFileSync(this.#probe, '')
    while (this.#kernelTime() < from)
    this.#moves.push({ from, apart: this.#apart + BigInt(ms) * nsInMs })
  }

  stop(): void {
    for (const restore of this.#before) restore()
    syncBuiltinESMExports()
  }

  get #apart(): bigint {
    return this.#moves.at(-1)?.apart ?? 0n
  }

  #kernelTime(): bigint {
    return kernelStat(this.#probe, { bigint: true }).ctimeNs
  }

  #replace(owner: object, name: string, replacement: unknown): void {
    const before: unknown = Reflect.get(owner, name)
    this.#before.push(() => Reflect.set(owner, name, before))
    Reflect.set(owner, name, replacement)
  }

  #adjust(found: BigIntStats | Stats): void {
    if ('mtimeNs' in found)
      for (const time of ['mtime', 'ctime'] as const) {
        found[`${time}Ns`] = this.#moved(found[`${time}Ns`])
        found[`${time}Ms`] = found[`${time}Ns`] / nsInMs
      }
    else
      for (const time of ['mtimeMs', 'ctimeMs'] as const)
        found[time] = Number(this.#moved(BigInt(Math.round(found[time] * 1e6))) / nsInMs)
  }

  #moved(time: bigint): bigint {
    if (time > BigInt(kernelNow() + 1000) * nsInMs) return time
    const moved = time + (this.#moves.findLast(({ from }) => from <= time)?.apart ?? 0n)
    return moved - (moved % tick)
  }
}

function isStats(value: unknown): value is BigIntStats | Stats {
  return typeof value === 'object' && value !== null && 'ctimeMs' in value
}

function adjusting(call: Call, adjust: (found: unknown) => void): Call {
  return function (...args) {
    const found = call.apply(this, args)
    adjust(found)
    return found
  }
}

function adjustingPromise(call: Call, adjust: (found: unknown) => void): Call {
  return async function (...args) {
    const found = await call.apply(this, args)
    adjust(found)
    return found
  }
}

function adjustingCallback(call: Call, adjust: (found: unknown) => void): Call {
  return function (...args) {
    const done = args.at(-1)
    if (typeof done !== 'function') return call.apply(this, args)
    const then = (error: unknown, found: unknown) => {
      adjust(found)
      done(error, found)
    }
    return call.apply(this, [...args.slice(0, -1), then])
  }
}
