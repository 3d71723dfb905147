/**
 * Asks for samples by the Batch API: half the price, and up to a day to wait.
 *
 * What all files want goes into one batch. It is noted before it is created; whoever is interrupted, today or in a week,
 * takes it up: from the note, or, should the cache be gone, from the server's own list, for a batch carries a mark of
 * ours and its lines say which completions they are for. Only then is asked for what no batch covers.
 *
 * Answers are kept also when nobody wants them any more: they were paid for. What failed or expired goes into another
 * batch, three in all; what would fail again is refused as it would be live.
 */
import { randomUUID } from 'node:crypto'
import { type Digest, Failure } from '../../engine/stage.ts'
import { isObject } from './answers.ts'
import { type Batch, BatchApi, isOver } from './batch-api.ts'
import { create, listed, unknownFate } from './batch-creation.ts'
import { collect, type Following, follow } from './batch-follower.ts'
import { endpointOf, idOf, requestLine, type Span, samplesOf, spanOf, spansOf } from './batch-line.ts'
import { type BatchNote, gone, notesIn, writeNote } from './batch-note.ts'
import { type Connection, Lines } from './connection.ts'
import { needOf, tokensIn } from './estimate.ts'
import { type Asking, Stop } from './provider.ts'
import { refusalOf } from './refusal.ts'
import { asRequest } from './request.ts'
import { isMissing, Trouble } from './retry.ts'
import { billFor, free } from './sender.ts'
import { Desk, Wanted } from './wanted.ts'

/** In ms: when nobody has asked for anything for so long, all have asked. */
const quiet = 500
/** In seconds. */
const usualPoll = { first: 5, most: 60 }
/** What one batch may hold at OpenAI, with some room left. */
const most = { lines: 50_000, bytes: 190e6 }

interface WantedLine {
  readonly wanted: Wanted
  readonly span: Span
  readonly text: string
  readonly bill: Awaited<ReturnType<typeof billFor>>
}

/** What is reserved for each line, by the line's id. */
type Bills = Map<string, WantedLine['bill']>

/** What one round works with. */
interface Round {
  readonly api: BatchApi
  readonly asking: Asking
  readonly secrets: readonly string[]
}

export class Batcher {
  readonly #connection: Connection
  readonly #lines: Lines
  readonly #server: string
  readonly #poll: Following['poll']
  readonly #desk = new Desk()
  #timer: NodeJS.Timeout | undefined
  #gathering: Promise<void> = Promise.resolve()
  #takenUp = false
  /** The server ignores `n`. */
  #single: boolean

  constructor(connection: Connection, server: string | undefined, poll: number | undefined) {
    this.#connection = connection
    this.#lines = new Lines(connection)
    this.#server = server ?? ''
    this.#poll = poll === undefined ? usualPoll : { first: poll, most: poll }
    this.#single = connection.chunk === 1
  }

  async ask(asking: Asking): Promise<void> {
    const { signal } = asking
    const wanted = new Wanted(asking)
    const stop = () => wanted.failAll(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    this.#desk.add(wanted)
    this.#gatherSoon(asking)
    try {
      await wanted.done
    } finally {
      signal.removeEventListener('abort', stop)
      this.#desk.remove(wanted)
      if (this.#desk.isEmpty()) {
        clearTimeout(this.#timer)
        // The next round, in watch mode, looks anew at what is under way.
        this.#takenUp = false
      }
    }
  }

  #gatherSoon(asking: Asking): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#gathering = this.#gathering.then(() => this.#gather(asking))
    }, quiet)
  }

  async #gather(asking: Asking): Promise<void> {
    if (asking.signal.aborted || this.#desk.isEmpty()) return
    try {
      const { client, secrets } = await this.#lines.open(asking.say)
      const round = {
        api: new BatchApi({ client, secrets }, this.#connection, asking.signal),
        asking,
        secrets,
      }
      if (!this.#takenUp) await this.#takeUp(round)
      this.#takenUp = true
      for (const lines of parts(await this.#linesWanted())) await this.#submit(round, lines)
    } catch (error) {
      this.#desk.failAll(await this.#told(error, asking))
    }
  }

  /** Goes on with the batches of earlier runs, noted here or listed by the server. */
  async #takeUp(round: Round): Promise<void> {
    const { journal } = round.asking
    const notes = notesIn(journal).filter(({ server }) => server === this.#server)
    // One without an id was given up as never created; should it be in the list after all, it is taken up.
    const noted = new Set(notes.flatMap(({ submission, id }) => (id === undefined ? [] : [submission])))
    const found = await listed(round.api)
    for (const note of notes) {
      if (note.state === 'collected' || !this.#isOurs(note, round)) continue
      noted.add(note.submission)
      const id = note.id ?? found?.find(({ submission }) => submission === note.submission)?.id
      if (id !== undefined) await this.#resume(round, { ...note, id, state: 'created' })
      else if (found === undefined) throw unknownFate(note)
      else await writeNote(journal, { ...note, state: 'collected' })
    }
    for (const batch of found ?? []) {
      if (batch.submission === undefined || noted.has(batch.submission)) continue
      const note = await this.#noteFrom(round, batch, batch.submission)
      if (note !== undefined && this.#isOurs(note, round)) await this.#resume(round, note)
    }
  }

  #isOurs({ server, model, endpoint }: BatchNote, { asking }: Round): boolean {
    const request = asRequest(asking.request)
    return server === this.#server && model === request.body.model && endpoint === request.endpoint
  }

  async #resume(round: Round, note: BatchNote): Promise<void> {
    const { api, asking } = round
    await writeNote(asking.journal, note)
    if (this.#desk.entrust(note.spans, note.submission)) {
      asking.say(`taking up ${note.id}, sent ${note.at}`, 'batch')
      this.#follow(round, note, new Map())
      return
    }
    // Nobody waits for it now. What is there is kept all the same; for the rest, a later run will look.
    try {
      const batch = await api.look(String(note.id))
      if (isOver(batch) && batch.status !== 'failed')
        await collect(batch, this.#following(round, note, new Map()))
    } catch (error) {
      if (!isMissing(error)) throw error
      asking.say(gone(note).message, 'batch')
    }
  }

  /** A batch of ours that the server lists and no note tells of: the cache was deleted since. */
  async #noteFrom({ api }: Round, batch: Batch, submission: string): Promise<BatchNote | undefined> {
    if (batch.input === undefined || batch.status === 'failed') return undefined
    const lines = (await api.content(batch.input)).split('\n').filter((line) => line.trim() !== '')
    const values = lines.map((line): unknown => JSON.parse(line)).filter(isObject)
    const body = values[0]?.['body']
    return {
      submission,
      state: 'created',
      id: batch.id,
      server: this.#server,
      model: isObject(body) ? String(body['model']) : '',
      endpoint: endpointOf(batch.endpoint),
      at: new Date(batch.created).toISOString(),
      spans: values.map((value) => spanOf(value['custom_id'])).filter((span) => span !== undefined),
      preloads: this.#preloads(),
    }
  }

  async #linesWanted(): Promise<readonly WantedLine[]> {
    const lines: WantedLine[] = []
    const rate = { prices: this.#connection.prices, factor: 0.5 }
    for (const wanted of [...this.#desk.all()]) {
      const { asking } = wanted
      const request = asRequest(asking.request)
      const size = this.#single || request.endpoint === 'responses' ? 1 : this.#connection.chunk
      for (const span of spansOf(asking.drawing, wanted.free(), size)) {
        const need = needOf(request, await tokensIn(request), span.last - span.first + 1, rate)
        try {
          const bill = await billFor({ ...asking, need, model: request.body.model, patient: false })
          lines.push({ wanted, span, text: requestLine(request, span), bill })
        } catch (error) {
          wanted.fail(samplesOf(span), error)
        }
      }
    }
    return lines
  }

  async #submit(round: Round, lines: readonly WantedLine[]): Promise<void> {
    const { api, asking } = round
    const { body, endpoint } = asRequest(asking.request)
    const note: BatchNote = {
      submission: randomUUID(),
      state: 'sent',
      server: this.#server,
      model: body.model,
      endpoint,
      at: new Date().toISOString(),
      spans: lines.map(({ span }) => span),
      preloads: this.#preloads(),
    }
    const bills: Bills = new Map(lines.map(({ span, bill }) => [idOf(span), bill]))
    for (const { wanted, span } of lines) wanted.entrust([span], note.submission)
    try {
      const input = await api.upload(lines.map(({ text }) => text))
      for (const { wanted } of lines) wanted.asking.sent()
      const { id } = await create(api, note, { ...asking, input, policy: this.#connection.policy })
      const created: BatchNote = { ...note, id, state: 'created' }
      await writeNote(asking.journal, created)
      asking.say(`${id} is sent, with ${lines.length} requests`, 'batch')
      this.#follow(round, created, bills)
    } catch (error) {
      settleAll(bills, free)
      throw error
    }
  }

  #follow(round: Round, note: BatchNote, bills: Bills): void {
    const { asking } = round
    follow(this.#following(round, note, bills))
      .then((single) => {
        if (single) this.#single = true
        settleAll(bills, free)
        this.#release(
          note,
          new Failure(`the batch ${note.id} did not answer it, and neither did others before`),
        )
        this.#gatherSoon(asking)
      })
      .catch(async (error: unknown) => {
        // The batch goes on, and may answer all of it.
        settleAll(bills, { cost: undefined, tokens: undefined })
        const failure = await this.#told(isMissing(error) ? gone(note) : error, asking)
        for (const wanted of [...this.#desk.all()]) wanted.fail(wanted.of(note.submission), failure)
      })
  }

  #release({ submission }: BatchNote, failure: Failure): void {
    for (const wanted of [...this.#desk.all()]) wanted.release(submission, failure)
  }

  #following({ api, asking, secrets }: Round, note: BatchNote, bills: Bills): Following {
    const { prices } = this.#connection
    return {
      ...{ api, note, asking, prices, desk: this.#desk, poll: this.#poll },
      billed: (span, real) => {
        bills.get(idOf(span))?.(real)
        bills.delete(idOf(span))
      },
      refusal: (trouble, question) => this.#refusal(trouble, question, secrets).failure,
    }
  }

  async #told(error: unknown, { question, signal }: Asking): Promise<unknown> {
    if (signal.aborted) return signal.reason
    if (!(error instanceof Trouble)) return error instanceof Failure ? new Stop(error) : error
    const { secrets } = await this.#lines.open(() => {})
    return new Stop(this.#refusal(error, question, secrets).failure)
  }

  #refusal(trouble: Trouble, question: string, secrets: readonly string[]) {
    const [wanted] = this.#desk.all()
    const model = wanted === undefined ? '' : asRequest(wanted.asking.request).body.model
    const { attempts } = this.#connection.policy
    return refusalOf(trouble, {
      ...this.#connection,
      question,
      model,
      tries: attempts,
      secrets,
      silent: false,
    })
  }

  #preloads(): ReadonlyMap<Digest, string> {
    const all = [...this.#desk.all()].map(
      ({ asking }) => [asking.drawing, asRequest(asking.request).preload] as const,
    )
    return new Map(all.filter((entry): entry is [Digest, string] => entry[1] !== undefined))
  }
}

function settleAll(bills: Bills, real: typeof free): void {
  for (const bill of bills.values()) bill(real)
  bills.clear()
}

/** As many batches as it takes. */
function parts(lines: readonly WantedLine[]): readonly (readonly WantedLine[])[] {
  const all: WantedLine[][] = []
  let bytes = 0
  for (const line of lines) {
    const length = Buffer.byteLength(line.text) + 1
    const part = all.at(-1)
    if (part === undefined || part.length >= most.lines || bytes + length > most.bytes) {
      all.push([line])
      bytes = length
    } else {
      part.push(line)
      bytes += length
    }
  }
  return all
}
