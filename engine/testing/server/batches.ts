/** OpenAI's batches: made from a file, over after so many looks at them, their results in files again. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { type Fault, type ReadLine, readLines } from './batch-lines.ts'
import { type Call, type Files, fine, invalid, listOf, newId, type Reply, seconds } from './files.ts'
import type { Line, LineResult } from './requests.ts'
import type { Script } from './script.ts'
import { json } from './send.ts'

export interface BatchScript {
  /** How many batches it is for. Default 1; 0 for all that follow. */
  readonly times?: number
  /** How often a batch is asked after until it is over. Default 2. */
  readonly polls?: number
  /** Lines, counted from 1, that get a 400. */
  readonly fail?: readonly number[]
  /** Lines that get a 500. */
  readonly fail500?: readonly number[]
  /** So many lines are executed, and the batch expires. */
  readonly expireAfter?: number
  /** The batch fails, with this message. */
  readonly reject?: string
  /** The output in reverse order. */
  readonly shuffle?: boolean
  /** This server cannot list batches: true for as long as the script is there. */
  readonly noList?: boolean
  /** The batch is created, and the connection cut instead of an answer. */
  readonly dropOnCreate?: boolean
}

type Status =
  | 'validating'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelling'
  | 'cancelled'

interface Batch {
  readonly id: string
  readonly endpoint: string
  readonly input: string
  readonly metadata: unknown
  readonly created: number
  readonly script: BatchScript
  /** Of the request that created it: its lines are logged with them. */
  readonly headers: IncomingHttpHeaders
  readonly lines: readonly ReadLine[]
  readonly errors: readonly Fault[]
  /** When it came to a status. */
  readonly reached: Map<Status, number>
  status: Status
  looks: number
  counts: { readonly total: number; readonly completed: number; readonly failed: number }
  output: string | null
  errorFile: string | null
}

const endpoints = ['/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/embeddings']
const over: readonly Status[] = ['completed', 'failed', 'expired', 'cancelled']

export class Batches {
  readonly #files: Files
  readonly #script: Script<BatchScript>
  readonly #answer: (line: Line) => LineResult
  readonly #batches = new Map<string, Batch>()

  constructor(files: Files, script: Script<BatchScript>, answer: (line: Line) => LineResult) {
    this.#files = files
    this.#script = script
    this.#answer = answer
  }

  /** Answers a request whose path ends in /batches, /batches/{id} or /batches/{id}/cancel. */
  serve(call: Call, response: ServerResponse): boolean {
    const found = /\/batches(?:\/([^/]+)(\/cancel)?)?$/.exec(call.path)
    if (found === null) return false
    const [, id, cancel] = found
    const reply = id === undefined ? this.#all(call) : this.#one(id, cancel !== undefined)
    if (reply === undefined) response.destroy()
    else json(response, reply.status, reply.value)
    return true
  }

  #all(call: Call): Reply | undefined {
    return call.method === 'POST' ? this.#create(call) : this.#list(call)
  }

  #one(id: string, cancel: boolean): Reply {
    const batch = this.#batches.get(id)
    if (batch === undefined) return invalid(404, `No batch found with id '${id}'.`, 'id')
    if (cancel && over.includes(batch.status))
      return invalid(409, `Cannot cancel a batch with status '${batch.status}'.`, null)
    if (cancel) become(batch, 'cancelling')
    else this.#look(batch)
    return fine(described(batch))
  }

  /** Undefined when the connection is to be cut. */
  #create(call: Call): Reply | undefined {
    const body = JSON.parse(call.body.toString()) as { readonly [key: string]: unknown }
    const [endpoint, input] = [String(body['endpoint']), String(body['input_file_id'])]
    if (!endpoints.includes(endpoint)) return invalid(400, `Invalid value: '${endpoint}'`, 'endpoint')
    if (body['completion_window'] !== '24h')
      return invalid(400, "Invalid value: it is always '24h'", 'completion_window')
    const file = this.#files.get(input)
    if (file === undefined || file.purpose !== 'batch')
      return invalid(400, `Invalid input_file_id: ${input}`, 'input_file_id')
    const script = this.#script.next() ?? {}
    const { lines, faults } = readLines(file.bytes.toString(), endpoint)
    const rejected = { code: 'rejected', message: script.reject ?? '', line: null, param: null }
    const batch: Batch = {
      id: newId('batch_'),
      endpoint,
      input,
      metadata: body['metadata'] ?? null,
      created: seconds(),
      script,
      headers: call.headers as IncomingHttpHeaders,
      lines,
      errors: script.reject === undefined ? faults : [rejected],
      reached: new Map(),
      status: 'validating',
      looks: 0,
      counts: { total: 0, completed: 0, failed: 0 },
      output: null,
      errorFile: null,
    }
    this.#batches.set(batch.id, batch)
    if (script.polls === 0) this.#end(batch)
    return script.dropOnCreate ? undefined : fine(described(batch))
  }

  #list({ query }: Call): Reply {
    if (this.#script.some(({ noList }) => noList === true)) return invalid(404, 'no such path', null)
    const all = [...this.#batches.values()].reverse()
    const after = query['after']
    const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
    if (after !== undefined && start === 0) return invalid(400, `No batch found with id '${after}'.`, 'after')
    const end = start + Math.min(100, Number(query['limit'] ?? 20))
    return fine(listOf(all.slice(start, end).map(described), all.length > end))
  }

  /** A look brings a batch a step on. */
  #look(batch: Batch): void {
    if (over.includes(batch.status)) return
    const polls = batch.script.polls ?? 2
    batch.looks++
    if (batch.looks >= polls || batch.status === 'cancelling') this.#end(batch)
    // What will fail is found faulty before it is begun.
    else if (batch.errors.length === 0) this.#work(batch, polls - 1)
  }

  #work(batch: Batch, last: number): void {
    batch.counts = { ...batch.counts, total: batch.lines.length }
    become(batch, batch.looks > 1 && batch.looks === last ? 'finalizing' : 'in_progress')
  }

  #end(batch: Batch): void {
    const { script, lines, errors } = batch
    const cancelled = batch.status === 'cancelling'
    const expired = script.expireAfter !== undefined && !cancelled
    if (errors.length > 0 && !cancelled) become(batch, 'failed')
    else {
      this.#execute(batch, script.expireAfter ?? (cancelled ? 0 : lines.length), expired)
      become(batch, cancelled ? 'cancelled' : expired ? 'expired' : 'completed')
    }
  }

  /** Executes the first `count` lines; the others expire, or there is nothing of them. */
  #execute(batch: Batch, count: number, expire: boolean): void {
    const { lines } = batch
    const done = lines.slice(0, count).map((line, place) => this.#executed(batch, line, place + 1))
    const textsOf = (ok: boolean) => done.filter((result) => result.ok === ok).map(({ text }) => text)
    const [good, bad] = [textsOf(true), textsOf(false)]
    if (expire) bad.push(...lines.slice(count).map(expiredLine))
    batch.output = this.#write(batch, 'output', good)
    batch.errorFile = this.#write(batch, 'error', bad)
    batch.counts = { total: lines.length, completed: good.length, failed: bad.length }
  }

  #executed({ id, endpoint, headers, script }: Batch, line: ReadLine, number: number) {
    const fail = script.fail?.includes(number) ? 400 : script.fail500?.includes(number) ? 500 : undefined
    const { status, body } = this.#answer({ path: endpoint, body: line.body, headers, batch: id, fail })
    const response = { status_code: status, request_id: newId('req_'), body }
    return { ok: status === 200, text: resultOf(line, response, null) }
  }

  /** The id of a new file with these lines; null for none, as there is no empty file. */
  #write({ id, script }: Batch, kind: string, lines: readonly string[]): string | null {
    if (lines.length === 0) return null
    const text = (script.shuffle ? lines.toReversed() : lines).map((line) => `${line}\n`).join('')
    return this.#files.add(`${id}_${kind}.jsonl`, 'batch_output', Buffer.from(text)).id
  }
}

function become(batch: Batch, status: Status): void {
  batch.status = status
  if (!batch.reached.has(status)) batch.reached.set(status, seconds())
}

function resultOf({ custom_id }: ReadLine, response: object | null, error: object | null): string {
  return JSON.stringify({ id: newId('batch_req_'), custom_id, response, error })
}

function expiredLine(line: ReadLine): string {
  const message = 'This request could not be executed before the completion window expired.'
  return resultOf(line, null, { code: 'batch_expired', message })
}

function described(batch: Batch) {
  const at = (status: Status) => batch.reached.get(status) ?? null
  const failed = batch.status === 'failed'
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    errors: failed ? { object: 'list', data: batch.errors } : null,
    input_file_id: batch.input,
    completion_window: '24h',
    status: batch.status,
    output_file_id: batch.output,
    error_file_id: batch.errorFile,
    created_at: batch.created,
    in_progress_at: at('in_progress'),
    expires_at: batch.created + 86_400,
    finalizing_at: at('finalizing'),
    completed_at: at('completed'),
    failed_at: at('failed'),
    expired_at: at('expired'),
    cancelling_at: at('cancelling'),
    cancelled_at: at('cancelled'),
    request_counts: batch.counts,
    metadata: batch.metadata,
  }
}
