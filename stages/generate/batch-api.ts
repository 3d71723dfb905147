/** The part of the Batch API that is needed, each call sent again where that helps and can do no harm. */
import { type Body, type Endpoint, isObject, textOf } from './answers.ts'
import { type Connection, type Line, pathOf } from './connection.ts'
import { exchange, inTime, transfer } from './exchange.ts'
import { retrying, Trouble } from './retry.ts'

export interface Batch {
  readonly id: string
  readonly status: string
  /** Which submission of ours it is; undefined when it is somebody else's. */
  readonly submission: string | undefined
  readonly endpoint: string | undefined
  readonly input: string | undefined
  readonly output: string | undefined
  readonly errors: string | undefined
  readonly total: number
  readonly completed: number
  readonly failed: number
  /** When it was created, in ms since 1970. */
  readonly created: number
  /** What the server found wrong with the whole of it. */
  readonly complaint: string | undefined
}

/** Under this name a batch carries the submission that it came from. */
const mark = 'codex_runner'

/** Output files are kept for 30 days by most; what is older has nothing to take up. */
const longest = 31 * 86_400_000

export class BatchApi {
  readonly #line: Line
  readonly #connection: Connection
  readonly #signal: AbortSignal

  constructor(line: Line, connection: Connection, signal: AbortSignal) {
    this.#line = line
    this.#connection = connection
    this.#signal = signal
  }

  /** The id of the uploaded file. Sent again freely: a file costs nothing. */
  upload(lines: readonly string[]): Promise<string> {
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    return this.#again(() =>
      inTime({ ...this.#limits(), secrets: this.#line.secrets }, async (signal) => {
        const file = new File([bytes], 'codex-runner.jsonl', { type: 'application/jsonl' })
        const made: unknown = await this.#line.client.files.create({ file, purpose: 'batch' }, { signal })
        return idIn(made)
      }),
    )
  }

  /** Once only: who is not answered has to look whether it was created after all. */
  async create(submission: string, input: string, endpoint: Endpoint): Promise<Batch> {
    const body = {
      input_file_id: input,
      endpoint: `/v1${pathOf[endpoint]}`,
      completion_window: '24h',
      metadata: { [mark]: submission },
    }
    const { value } = await exchange(this.#line, { path: '/batches', body, ...this.#limits() })
    return batchIn(value)
  }

  look(id: string): Promise<Batch> {
    return this.#again(async () => batchIn(await this.#get(`/batches/${encodeURIComponent(id)}`)))
  }

  /** Our batches at the server, newest first. Throws Trouble where the server has no such list. */
  async list(): Promise<readonly Batch[]> {
    const found: Batch[] = []
    for (let after = '', pages = 0; pages < 50; pages++) {
      const query = after === '' ? '' : `&after=${encodeURIComponent(after)}`
      const page = await this.#again(() => this.#get(`/batches?limit=100${query}`))
      const data: readonly unknown[] = Array.isArray(page['data']) ? page['data'] : []
      const batches = data.filter(isObject).map(batchIn)
      found.push(...batches.filter(({ submission }) => submission !== undefined))
      const last = batches.at(-1)
      if (page['has_more'] !== true || last === undefined || Date.now() - last.created > longest) break
      after = last.id
    }
    return found.filter(({ created }) => Date.now() - created <= longest)
  }

  /** A file's text. `whole` tells whether all of it has come, for a body may break off between two lines. */
  content(file: string, whole: (text: string) => boolean = () => true): Promise<string> {
    return this.#again(async () => {
      const path = `/files/${encodeURIComponent(file)}/content`
      const { text } = await transfer(this.#line, { method: 'get', path, ...this.#limits() })
      if (!whole(text)) throw new Trouble({ type: 'body' }, `the file ${file} broke off`)
      return text
    })
  }

  async #get(path: string): Promise<Body> {
    return (await exchange(this.#line, { method: 'get', path, ...this.#limits() })).value
  }

  #again<T>(attempt: () => Promise<T>): Promise<T> {
    return retrying(attempt, { policy: this.#connection.policy, signal: this.#signal })
  }

  #limits() {
    return { timeout: this.#connection.timeout, signal: this.#signal }
  }
}

export function isOver({ status }: Batch): boolean {
  return ['completed', 'failed', 'expired', 'cancelled'].includes(status)
}

export function batchIn(value: Body): Batch {
  const { metadata, request_counts: counts, errors } = value
  const count = (name: string) => (isObject(counts) ? Number(counts[name] ?? 0) : 0)
  const listed: readonly unknown[] = isObject(errors) && Array.isArray(errors['data']) ? errors['data'] : []
  const first = listed.find(isObject)
  return {
    id: idIn(value),
    status: textOf(value['status']) ?? 'validating',
    submission: isObject(metadata) ? textOf(metadata[mark]) : undefined,
    endpoint: textOf(value['endpoint']),
    input: textOf(value['input_file_id']),
    output: textOf(value['output_file_id']),
    errors: textOf(value['error_file_id']),
    total: count('total'),
    completed: count('completed'),
    failed: count('failed'),
    created: typeof value['created_at'] === 'number' ? value['created_at'] * 1000 : Date.now(),
    complaint: first === undefined ? undefined : textOf(first['message']),
  }
}

function idIn(value: unknown): string {
  const id = isObject(value) ? textOf(value['id']) : undefined
  if (id === undefined) throw new Trouble({ type: 'body' }, 'the answer has no id')
  return id
}
