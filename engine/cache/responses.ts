/**
 * Paid responses: what cannot be computed again, only bought again.
 *
 * They stand in `cache/responses/`, one segment a writing process, `<start>-<pid>-<random>.jsonl`. A line is
 *
 *     <CRC-32 of the JSON, 8 hex digits> {"key":"<digest>","at":"<UTC time>","value":{…}}
 *
 * and is only ever appended. A response is durable (fdatasync) before `put` resolves. Segments are read in the order
 * of their names, and the first line of a key counts for ever.
 *
 * - A last line without a newline was never acknowledged. It counts when its checksum is right, for it was paid for,
 *   and is dropped without a word when it is not. Nobody appends behind it: a segment has one writer, who leaves it
 *   for a new one after a failed write.
 * - A damaged line before that is reported with its place and is a miss. It stays: a person may mend it.
 * - The key stands first and every field before the value has a fixed width, so that the index is made without
 *   parsing JSON; values are read from disk when they are asked for.
 *
 * Rejected: a database (a damaged page can cost any number of entries, and nobody can read or mend it with an editor); one
 * file a response (a hundred times as many fsyncs, and 50,000 files); one file for all processes (appends of two
 * writers can interleave on network folders, and a torn line would stand in the middle); SHA-256 as the checksum
 * (against accidents CRC-32 is enough, and lines stay readable).
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { codeOf, Failure, messageOf } from '../failure.ts'
import { type Digest, isDigest, type Json } from './digest.ts'
import { Segment } from './segment.ts'

/** A stored response. `at` is the UTC time of its arrival, as in the line. */
export interface Response {
  readonly key: Digest
  readonly at: string
  readonly value: Json
}

interface Place {
  readonly segment: string
  readonly offset: number
  readonly length: number
  readonly line: number
}

/** How far a segment has been read: complete lines only. */
interface Progress {
  offset: number
  line: number
}

const readAtOnce = 4 << 20
const shape = /^[0-9a-f]{8} \{"key":"([0-9a-f]{32})","at":"[^"]{24}","value":/
const shapeLength = 8 + 1 + '{"key":"'.length + 32 + '","at":"'.length + 24 + '","value":'.length
const newline = 10

export class Responses {
  readonly #folder: string
  readonly #index = new Map<Digest, Place>()
  readonly #progress = new Map<string, Progress>()
  readonly #damaged = new Set<string>()
  readonly #reported = new Set<string>()
  readonly #segment: Segment
  readonly #pending = new Map<Digest, Promise<void>>()
  #read = false

  private constructor(folder: string) {
    this.#folder = folder
    this.#segment = new Segment(folder)
  }

  /** `cache` is the cache's folder. Nothing is read, and nothing made, before it is needed. */
  static open(cache: string): Responses {
    return new Responses(join(cache, 'responses'))
  }

  /** Undefined: none is stored and durable, or what is stored is damaged. */
  get(key: Digest): Json | undefined {
    this.#readOnce()
    const place = this.#index.get(key)
    if (place === undefined) return undefined
    const line = readAt(join(this.#folder, place.segment), place)
    const response = line === undefined ? undefined : parse(line)
    if (response?.key === key) return response.value
    this.#index.delete(key)
    if (line !== undefined) this.#damaged.add(`${join(this.#folder, place.segment)}:${place.line}`)
    return undefined
  }

  /**
   * Resolves when the response is on disk to stay; many at once share one fsync. The first response of a key wins:
   * for a key that is stored, nothing is written. Rejects with a Failure when it can't be written, and then works
   * again as soon as the disk does.
   */
  put(key: Digest, value: Json): Promise<void> {
    this.#readOnce()
    if (this.#index.has(key)) return Promise.resolve()
    const underWay = this.#pending.get(key)
    if (underWay !== undefined) return underWay
    const json = `{"key":"${key}","at":"${new Date().toISOString()}","value":${JSON.stringify(value)}}`
    const written = this.#segment
      .append(Buffer.from(`${checksum(Buffer.from(json))} ${json}\n`))
      .then(({ segment, offset, length, line }) => {
        this.#index.set(key, { segment, offset, length: length - 1, line })
      })
      .catch((error: unknown) => {
        throw new Failure(`a response could not be stored in ${this.#folder}: ${messageOf(error)}`, {
          remedy:
            codeOf(error) === 'ENOSPC'
              ? 'Free some disk space and run again; what was stored before is safe.'
              : 'Make that folder writable, or name another one with --cache, and run again; what was stored before is safe.',
          cause: error,
        })
      })
      .finally(() => this.#pending.delete(key))
    this.#pending.set(key, written)
    return written
  }

  /** Reads what other processes have appended since. */
  refresh(): void {
    this.#read = true
    for (const segment of segments(this.#folder)) {
      if (segment !== this.#segment.name) this.#scan(segment)
    }
  }

  /** The places (file:line) of damaged lines that were found since the last call. */
  damaged(): readonly string[] {
    this.#readOnce()
    const found = [...this.#damaged].filter((place) => !this.#reported.has(place))
    for (const place of found) this.#reported.add(place)
    return found
  }

  /** All stored responses, read one by one. */
  *entries(): Generator<Response> {
    this.#readOnce()
    for (const key of [...this.#index.keys()]) {
      const place = this.#index.get(key)
      const line = place === undefined ? undefined : readAt(join(this.#folder, place.segment), place)
      const response = line === undefined ? undefined : parse(line)
      if (response !== undefined) yield response
    }
  }

  /** How many responses are stored. */
  get size(): number {
    this.#readOnce()
    return this.#index.size
  }

  /** Waits for what is being written. */
  close(): Promise<void> {
    return this.#segment.close()
  }

  #readOnce(): void {
    if (!this.#read) this.refresh()
  }

  #scan(segment: string): void {
    const path = join(this.#folder, segment)
    const progress = this.#progress.get(segment) ?? { offset: 0, line: 1 }
    this.#progress.set(segment, progress)
    const rest = eachLine(path, progress.offset, (line, offset) => {
      if (!this.#take(line, { segment, offset, length: line.length, line: progress.line }))
        this.#damaged.add(`${path}:${progress.line}`)
      progress.offset = offset + line.length + 1
      progress.line++
    })
    this.#take(rest, { segment, offset: progress.offset, length: rest.length, line: progress.line })
  }

  /** False when the line is damaged. */
  #take(line: Buffer, place: Place): boolean {
    const key = keyIn(line)
    if (key === undefined || !isIntact(line)) return false
    if (!this.#index.has(key)) this.#index.set(key, place)
    return true
  }
}

/** Calls back for every line that has its newline, and returns what stands behind the last one. */
function eachLine(path: string, from: number, take: (line: Buffer, offset: number) => void): Buffer {
  let rest: Buffer = Buffer.alloc(0)
  let offset = from
  for (const chunk of chunks(path, from)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(newline, rest.length); end >= 0; end = bytes.indexOf(newline, start)) {
      take(bytes.subarray(start, end), offset + start)
      start = end + 1
    }
    offset += start
    rest = bytes.subarray(start)
  }
  return rest
}

function* chunks(path: string, from: number): Generator<Buffer> {
  const file = openExisting(path)
  if (file === undefined) return
  try {
    for (let position = from; ; ) {
      const chunk = Buffer.allocUnsafe(readAtOnce)
      const length = readSync(file, chunk, 0, chunk.length, position)
      if (length === 0) return
      yield chunk.subarray(0, length)
      position += length
    }
  } finally {
    closeSync(file)
  }
}

function readAt(path: string, { offset, length }: Place): Buffer | undefined {
  const file = openExisting(path)
  if (file === undefined) return undefined
  try {
    const line = Buffer.allocUnsafe(length)
    return line.subarray(0, readSync(file, line, 0, length, offset))
  } finally {
    closeSync(file)
  }
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
}

function segments(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw unreadable(folder, error)
  }
}

/** Never a miss: to buy again what stands behind a closed door would be the dearer mistake. */
function unreadable(path: string, error: unknown): Failure {
  return new Failure(`cannot read ${path}, which holds paid responses: ${messageOf(error)}`, {
    remedy: 'Make it readable.',
    cause: error,
  })
}

function keyIn(line: Buffer): Digest | undefined {
  const key = shape.exec(line.toString('latin1', 0, shapeLength))?.[1]
  return isDigest(key) ? key : undefined
}

function isIntact(line: Buffer): boolean {
  return line.toString('latin1', 0, 8) === checksum(line.subarray(9))
}

function parse(line: Buffer): Response | undefined {
  if (keyIn(line) === undefined || !isIntact(line)) return undefined
  const response: Response = JSON.parse(line.toString('utf8', 9))
  return response
}

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, '0')
}
