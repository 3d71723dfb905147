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

/** What is shorter than this goes out together with others. */
const longEnough = 16 << 10

export class Layout {
  #digest: Digest | undefined
  /** The stretches, those that stand one after the other in a former file as one. */
  readonly #runs: readonly Stretch[]
  readonly #starts = new Map<Stretch, number>()

  constructor(parts: readonly Part[]) {
    const runs: Stretch[] = []
    let length = 0
    for (const part of parts) {
      const stretch = typeof part === 'string' ? Stretch.of(part) : part
      this.#starts.set(stretch, length)
      length += stretch.length
      const before = runs.at(-1)
      if (before !== undefined && continues(before, stretch))
        runs[runs.length - 1] = new Stretch(before.source, before.start, before.length + stretch.length)
      else runs.push(stretch)
    }
    this.#runs = runs
  }

  get digest(): Digest {
    this.#digest ??= digestOfParts(this.chunks())
    return this.#digest
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
      for (const run of this.#runs)
        for (let done = 0; done < run.length; ) {
          const bytes = readers.bytesOf(run, done)
          done += bytes.length
          if (used > 0 && used + bytes.length > chunkLength) {
            yield chunk.subarray(0, used)
            used = 0
          }
          if (bytes.length >= longEnough && used === 0) yield bytes
          else used += bytes.copy(chunk, used)
        }
      readers.check()
      if (used > 0) yield chunk.subarray(0, used)
    } finally {
      giveBack(chunk)
      readers.close()
    }
  }
}

function continues(before: Stretch, { source, start }: Stretch): boolean {
  return source instanceof FormerFile && before.source === source && before.start + before.length === start
}

/** Of each former file that is copied from. */
class Readers {
  readonly #open = new Map<FormerFile, Reader>()

  /** Some of what a stretch holds behind its first `done` bytes. */
  bytesOf({ source, start, length }: Stretch, done: number): Buffer {
    if (source instanceof FormerFile) return this.#of(source).bytesAt(start + done, length - done)
    return source.subarray(start + done, start + length)
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
