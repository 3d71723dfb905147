/** OpenAI's files, in memory: uploaded, described, read and deleted. */
import type { ServerResponse } from 'node:http'
import { json } from './send.ts'

export interface Stored {
  readonly id: string
  readonly filename: string
  readonly purpose: string
  readonly bytes: Buffer
  readonly created: number
}

/** What came in, for files and for batches. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly query: { readonly [name: string]: string }
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
  readonly body: Buffer
}

// Never the same again, also after a reset: whoever keeps an id must not find somebody else's thing under it.
let ids = 0
export const newId = (kind: string): string => `${kind}${String(++ids).padStart(8, '0')}`
export const seconds = (): number => Math.floor(Date.now() / 1000)

/** What is answered, as JSON. */
export interface Reply {
  readonly status: number
  readonly value: unknown
}

export const fine = (value: unknown): Reply => ({ status: 200, value })

export function invalid(status: number, message: string, param: string | null): Reply {
  return { status, value: { error: { message, type: 'invalid_request_error', param, code: null } } }
}

export class Files {
  readonly #files = new Map<string, Stored>()

  get(id: string): Stored | undefined {
    return this.#files.get(id)
  }

  add(filename: string, purpose: string, bytes: Buffer): Stored {
    const file = { id: newId('file-'), filename, purpose, bytes, created: seconds() }
    this.#files.set(file.id, file)
    return file
  }

  /** Answers a request whose path ends in /files, /files/{id} or /files/{id}/content; false when it does not. */
  async serve(call: Call, response: ServerResponse): Promise<boolean> {
    const found = /\/files(?:\/([^/]+)(\/content)?)?$/.exec(call.path)
    if (found === null) return false
    const [, id, content] = found
    const file = this.#files.get(id ?? '')
    if (file !== undefined && content !== undefined) {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': file.bytes.length }
      response.writeHead(200, headers).end(file.bytes)
      return true
    }
    const { status, value } = id === undefined ? await this.#all(call) : this.#one(call, id, file)
    json(response, status, value)
    return true
  }

  #all(call: Call): Reply | Promise<Reply> {
    if (call.method === 'POST') return this.#upload(call)
    return fine(listOf([...this.#files.values()].reverse().map(described)))
  }

  #one({ method }: Call, id: string, file: Stored | undefined): Reply {
    if (file === undefined) return invalid(404, `No such File object: ${id}`, 'id')
    if (method !== 'DELETE') return fine(described(file))
    this.#files.delete(id)
    return fine({ id, object: 'file', deleted: true })
  }

  async #upload({ headers, body }: Call): Promise<Reply> {
    const type = String(headers['content-type'] ?? '')
    const form = await new Response(body, { headers: { 'content-type': type } })
      .formData()
      .catch(() => undefined)
    if (form === undefined) return invalid(400, 'the body is no multipart/form-data', null)
    const [file, purpose] = [form.get('file'), form.get('purpose')]
    if (typeof purpose !== 'string') return invalid(400, "'purpose' is a required property", 'purpose')
    if (file === null || typeof file === 'string')
      return invalid(400, "'file' is a required property", 'file')
    return fine(described(this.add(file.name, purpose, Buffer.from(await file.arrayBuffer()))))
  }
}

function described({ id, filename, purpose, bytes, created }: Stored) {
  return {
    id,
    object: 'file',
    bytes: bytes.length,
    created_at: created,
    filename,
    purpose,
    status: 'processed',
  }
}

export function listOf(data: readonly { readonly id: string }[], more = false) {
  const [first, last] = [data[0]?.id ?? null, data.at(-1)?.id ?? null]
  return { object: 'list', data, has_more: more, first_id: first, last_id: last }
}
