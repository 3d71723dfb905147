/** What a process of ours has used, as far as the system tells: Linux by /proc, others not. */
import { readFileSync } from 'node:fs'

export interface Usage {
  readonly cpuMs: number
  readonly memoryMB: number
}

/** Linux counts in hundredths of a second for user space, whatever its own clock is. */
const MS_PER_TICK = 10

export function usageOf(pid: number | undefined): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
    return { cpuMs: ticks * MS_PER_TICK, memoryMB: kilobytes / 1024 }
  } catch {
    return undefined
  }
}
