/**
 * What a person sees of a run. On a terminal one line at the bottom shows progress and everything else scrolls above
 * it; in a pipe there are plain lines only. Nothing happened, nothing said, but one line at the end.
 */
import pc from 'picocolors'
import type { Event, Notice, Summary } from './events.ts'
import { describeReasons, plural } from './explain.ts'

export interface Look {
  readonly quiet: boolean
  readonly verbose: boolean
  /** Columns, when the output is a terminal that can redraw a line. */
  readonly columns: number | undefined
  write(text: string): void
}

interface Progress {
  done: number
  total: number
  readonly since: number
}

export class Terminal {
  readonly #look: Look
  readonly #colour: ReturnType<typeof pc.createColors>
  readonly #progress = new Map<string, Progress>()
  readonly #said = new Set<string>()
  /** Files written in this run, by stage. */
  readonly #written = new Map<string, string[]>()
  #bar = ''
  #drawnAt = 0

  constructor(look: Look, colour: boolean) {
    this.#look = look
    this.#colour = pc.createColors(colour)
  }

  on(event: Event): void {
    const { red, yellow, green, dim, bold } = this.#colour
    switch (event.type) {
      case 'run-started':
        this.#progress.clear()
        this.#written.clear()
        return
      case 'units':
        this.#count(event.stage, event.kind, 0, event.added)
        return
      case 'unit-done':
        this.#count(event.stage, event.kind, 1, 0)
        return
      case 'target-waiting':
        this.#line(dim(`waiting for process ${event.owner}, which is building ${event.target}`))
        return
      case 'target-finished':
        if (event.why !== undefined) this.#line(`${yellow('incomplete')} ${event.target}: ${event.why}`)
        this.#written.set(event.stage, [...(this.#written.get(event.stage) ?? []), ...event.written])
        return
      case 'target-failed':
        this.#line(`${red(bold('failed'))} ${event.target}: ${event.message}`)
        if (event.remedy !== '') this.#line(`       ${event.remedy}`)
        if (this.#look.verbose && event.stack !== undefined) this.#line(dim(event.stack))
        return
      case 'target-blocked':
        this.#line(`${yellow('blocked')} ${event.target}: waits for ${event.by}`)
        return
      case 'target-started':
        if (this.#look.verbose)
          this.#line(dim(`${event.target}: ${describeReasons(event.reasons).join('; ')}`))
        return
      case 'said':
        if (!this.#look.quiet)
          this.#line(`${event.good ? green('✓') : red('✗')} ${event.question} ${event.text}`)
        return
      case 'display':
        if (!this.#look.quiet) this.print(event.text)
        return
      case 'notice':
        this.#notice(event)
        return
      case 'watching':
        this.#line(dim(`watching ${plural(event.files, 'file')}; Ctrl-C ends it`))
        return
      case 'changed':
        this.#line(dim(`changed: ${event.paths.join(', ')}`))
        return
      case 'summary':
        this.#summary(event)
        return
      case 'planned':
        return
    }
  }

  /** Text that is shown as it is (a table), above the progress line. */
  print(text: string): void {
    for (const line of text.replace(/\n$/, '').split('\n')) this.#line(line)
  }

  #notice(notice: Notice): void {
    if (notice.level === 'info' && this.#look.quiet) return
    const place = notice.place === undefined ? '' : `${notice.place}: `
    const text = `${notice.level === 'warning' ? this.#colour.yellow('warning') : this.#colour.cyan('note')} ${place}${notice.text}`
    // In watch mode every round says what still holds; a person has read it.
    if (this.#said.has(text)) return
    this.#said.add(text)
    this.#line(text)
  }

  #summary(summary: Summary): void {
    this.#erase()
    if (summary.dry) return
    if (!this.#look.quiet)
      for (const [stage, paths] of this.#written)
        if (paths.length > 0)
          this.#line(
            `${this.#colour.green(stage)} wrote ${paths.length > 3 ? plural(paths.length, 'file') : paths.join(', ')}`,
          )
    if (this.#look.quiet && summary.failed + summary.blocked + summary.incomplete === 0) return
    this.#line(summaryLine(summary))
  }

  #count(stage: string, kind: string, done: number, added: number): void {
    const key = `${stage} ${kind === 'request' ? 'requests' : 'executions'}`
    const progress = this.#progress.get(key) ?? { done: 0, total: 0, since: Date.now() }
    progress.done += done
    progress.total += added
    this.#progress.set(key, progress)
    if (this.#look.columns === undefined || this.#look.quiet) return
    const now = Date.now()
    if (now - this.#drawnAt < 80) return
    this.#drawnAt = now
    this.#erase()
    this.#bar = [...this.#progress]
      .map(([name, each]) => bar(name, each, now))
      .join('  ')
      .slice(0, this.#look.columns - 1)
    this.#look.write(this.#bar)
  }

  #line(text: string): void {
    this.#erase()
    this.#look.write(`${text}\n`)
  }

  #erase(): void {
    if (this.#bar !== '') this.#look.write('\r\u001b[2K')
    this.#bar = ''
  }
}

/** `test executions ████████░░░░ 120/200  43/s  2 s left` */
function bar(name: string, { done, total, since }: Progress, now: number): string {
  const width = 16
  const filled = Math.round((width * done) / Math.max(total, 1))
  const seconds = Math.max((now - since) / 1000, 0.001)
  const rate = done / seconds
  const left = rate > 0 ? `${Math.ceil((total - done) / rate)} s left` : ''
  return `${name} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}/${total}  ${rate.toFixed(rate < 10 ? 1 : 0)}/s  ${left}`
}

/** One line that says what a run came to. */
export function summaryLine(summary: Summary): string {
  const did = [
    summary.requests > 0 ? plural(summary.requests, 'request') : '',
    summary.executions > 0 ? plural(summary.executions, 'execution') : '',
    summary.written > 0 ? `${plural(summary.written, 'file')} written` : '',
  ].filter((part) => part !== '')
  const state = [
    summary.failed > 0 ? `${summary.failed} failed` : '',
    summary.blocked > 0 ? `${summary.blocked} blocked` : '',
    summary.incomplete > 0 ? `${summary.incomplete} incomplete` : '',
    summary.interrupted ? 'interrupted' : '',
  ].filter((part) => part !== '')
  const nothing = did.length === 0 && state.length === 0
  const targets = nothing
    ? `nothing to do: ${plural(summary.fresh + summary.built, 'target')} fresh`
    : `${summary.built} built, ${summary.fresh} fresh`
  return `${[targets, ...state, ...did].join(', ')} (${summary.seconds.toFixed(summary.seconds < 10 ? 2 : 0)} s)`
}
