/**
 * What a person sees of a run. On a terminal one line at the bottom shows progress and everything else scrolls above
 * it; in a pipe there are plain lines only. Nothing happened, nothing said, but one line at the end.
 */
import pc from 'picocolors'
import type { Event, Notice, Summary } from './events.ts'
import { describeReasons, plural } from './explain.ts'
import { priceOf } from './money.ts'

export interface Look {
  readonly quiet: boolean
  readonly verbose: boolean
  /** Columns, when the output is a terminal that can redraw a line. */
  readonly columns: number | undefined
  write(text: string): void
}

/** Lines of a kind that one run shows before it only counts. */
const mostBlocked = 5
const mostIncomplete = 10

type Finished = Extract<Event, { type: 'target-finished' }>
type Failed = Extract<Event, { type: 'target-failed' }>

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
  #repeats = new Repeats()
  #bar = ''
  #drawnAt = 0

  constructor(look: Look, colour: boolean) {
    this.#look = look
    this.#colour = pc.createColors(colour)
  }

  on(event: Event): void {
    const { red, yellow, green, dim } = this.#colour
    switch (event.type) {
      case 'run-started':
        this.#progress.clear()
        this.#written.clear()
        this.#repeats = new Repeats()
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
        this.#incomplete(event)
        this.#written.set(event.stage, [...(this.#written.get(event.stage) ?? []), ...event.written])
        return
      case 'target-failed':
        this.#failed(event)
        return
      case 'target-blocked':
        if (++this.#repeats.blocked <= mostBlocked)
          this.#line(`${yellow('blocked')} ${event.target}: waits for ${event.by}`)
        return
      case 'target-started':
        if (this.#look.verbose)
          this.#line(dim(`${event.target}: ${describeReasons(event.reasons).join('; ')}`))
        return
      case 'said':
        if (!this.#look.quiet)
          this.#line(
            `${event.good === undefined ? dim('·') : event.good ? green('✓') : red('✗')} ${event.question} ${event.text}`,
          )
        return
      case 'display':
        if (!this.#look.quiet) this.print(event.style === 'diff' ? this.#diff(event.text) : event.text)

        return
      case 'notice':
        this.#notice(event)
        return
      case 'watching':
        this.#line(dim(`watching ${plural(event.files, 'file')}; Ctrl-C ends it`))
        return
      case 'serving':
        this.#line(`the report is at ${event.url}`)
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

  #diff(text: string): string {
    const { red, green, cyan, bold } = this.#colour
    const look = (line: string) => {
      if (/^(\+\+\+|---) /.test(line)) return bold(line)
      if (line.startsWith('@@')) return cyan(line)
      return line.startsWith('+') ? green(line) : line.startsWith('-') ? red(line) : line
    }
    return text.split('\n').map(look).join('\n')
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

  #failed({ target, message, remedy, stack }: Failed): void {
    const { red, bold, dim } = this.#colour
    // When a key is refused or a budget used up, hundreds of targets fail with the same words.
    if (!this.#repeats.isNew({ message, remedy }, target)) return
    this.#line(`${red(bold('failed'))} ${target}: ${message}`)
    if (remedy !== '') this.#line(`       ${remedy}`)
    if (this.#look.verbose && stack !== undefined) this.#line(dim(stack))
  }

  #incomplete({ target, why, because }: Finished): void {
    if (why === undefined) return
    const { yellow } = this.#colour
    const news = because !== undefined && this.#repeats.isNew(because)
    // The first target of a cause is always named.
    if (this.#repeats.incomplete < mostIncomplete || news)
      this.#line(`${yellow('incomplete')} ${target}: ${why}`)
    else this.#repeats.incompleteUnsaid++
    this.#repeats.incomplete++
    if (!news) return
    this.#line(`${yellow('stopped')} ${because.message}`)
    if (because.remedy !== '') this.#line(`        ${because.remedy}`)
  }

  #summary(summary: Summary): void {
    this.#erase()
    if (summary.dry) return
    for (const line of this.#repeats.lines()) this.#line(line)
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

/** What one run has already shown of what can befall hundreds of targets alike, and how many more there were. */
class Repeats {
  blocked = 0
  incomplete = 0
  incompleteUnsaid = 0
  readonly #reasons = new Map<string, { readonly first: string; readonly more: string[] }>()

  /** False when this was shown before; then `target`, if it is to be told of, is counted. */
  isNew(
    { message, remedy }: { readonly message: string; readonly remedy: string },
    target?: string,
  ): boolean {
    const key = `${message}\n${remedy}`
    const known = this.#reasons.get(key)
    if (known === undefined) this.#reasons.set(key, { first: target ?? '', more: [] })
    else if (target !== undefined) known.more.push(target)
    return known === undefined
  }

  /** What was not shown, in a line for each sort. */
  lines(): readonly string[] {
    const repeated = [...this.#reasons].filter(([, { more }]) => more.length > 0)
    return [
      ...repeated.map(([reason, { first, more }]) => {
        // Among several reasons it takes more to say which.
        const which = repeated.length === 1 ? '' : ` as ${first || `said: ${reason.split('\n')[0]}`}`
        const names = `${more.slice(0, 3).join(', ')}${more.length > 3 ? ', …' : ''}`
        return `and ${plural(more.length, 'more target')} for the same reason${which}: ${names}`
      }),
      ...countLine(this.incompleteUnsaid, 'incomplete'),
      ...countLine(this.blocked - mostBlocked, 'blocked'),
    ]
  }
}

function countLine(count: number, state: string): string[] {
  return count > 0 ? [`and ${plural(count, 'more target')} ${count === 1 ? 'is' : 'are'} ${state}`] : []
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
    summary.paid.completions > 0 ? plural(summary.paid.completions, 'completion') : '',
    priceOf(summary.paid) ?? '',
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
