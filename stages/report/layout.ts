/** A file of the report, put together of stretches of bytes: some made just now, the others copied from a former file. */
import { type Digest, digestOfParts } from '../../engine/stage.ts'
import { chunkLength, FormerFile, giveBack, type Reader, takeChunk } from './former.ts'

export class Stretch {
  readonly source: Buffer | FormerFile
  readonly start: number
  readonly length: number

  constructor(source: Buffer | FormerFile, start: number, length: number) {
    this.source = source
    this.start = start
    this.length = length
  }

  static of(text: string): Stretch {
    const bytes = Buffer.from(text)
    return new Stretch(bytes, 0, bytes.length)
  }
}

/** Where a stretch stands in a file. */
export type Place = readonly [start: number, length: number]

export type Part = string | Stretch

export class Layout {
  readonly digest: Digest
  readonly #stretches: readonly Stretch[]
  readonly #starts = new Map<Stretch, number>()

  constructor(parts: readonly Part[]) {
    this.#stretches = parts.map((part) => (typeof part === 'string' ? Stretch.of(part) : part))
    let length = 0
    for (const stretch of this.#stretches) {
      this.#starts.set(stretch, length)
      length += stretch.length
    }
    this.digest = digestOfParts(this.chunks())
  }

  /** Undefined for a stretch that is not in it. */
  placeOf(stretch: Stretch): Place | undefined {
    const start = this.#starts.get(stretch)
    return start === undefined ? undefined : [start, stretch.length]
  }

  get text(): string {
    return Buffer.concat(Array.from(this.chunks(), (chunk) => Buffer.from(chunk))).toString()
  }

  /** All bytes, from the first one each time. A chunk holds until the next one is asked for. */
  *chunks(): Generator<Uint8Array> {
    const chunk = takeChunk()
    const readers = new Readers()
    let used = 0
    try {
      for (const stretch of this.#stretches)
        for (let done = 0; done < stretch.length; ) {
          const copied = readers.copy(stretch, done, chunk, used)
          done += copied
          used += copied
          if (used < chunkLength) continue
          yield chunk
          used = 0
        }
      readers.check()
      if (used > 0) yield chunk.subarray(0, used)
    } finally {
      giveBack(chunk)
      readers.close()
    }
  }
}

/** Of each former file that is copied from. */
class Readers {
  readonly #open = new Map<FormerFile, Reader>()

  /** Copies what of a stretch is behind its first `done` bytes, as much as fits; answers how much that was. */
  copy({ source, start, length }: Stretch, done: number, into: Buffer, at: number): number {
    if (source instanceof FormerFile) return this.#of(source).copy(into, at, start + done, length - done)
    return source.copy(into, at, start + done, start + length)
  }

  check(): void {
    for (const [file, reader] of this.#open) file.check(reader)
  }

  close(): void {
    for (const reader of this.#open.values()) reader.close()
  }

  #of(file: FormerFile): Reader {
    const known = this.#open.get(file)
    if (known !== undefined) return known
    const reader = file.open()
    this.#open.set(file, reader)
    return reader
  }
}
