/**
 * A file that the former report left, from which is copied what is still right in it.
 *
 * The report's files are their own store of pieces: a piece never becomes a text again, and is nowhere else. A database
 * that holds them took 330 ms to read the 25 MB of a large report, and as much again to make the bytes of its texts;
 * here all of it is a copy from file to file.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { codeOf, type Digest, digestOfParts, Failure } from '../../engine/stage.ts'

export const chunkLength = 128 << 10
const free: Buffer[] = []

/** Memory of a chunk. What was never used before is dear (a trap for each page), so give it back. */
export function takeChunk(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(chunkLength)
}

export function giveBack(chunk: Buffer): void {
  free.push(chunk)
}

export class FormerFile {
  /** Of what stands in it. */
  readonly digest: Digest
  readonly #path: string
  readonly #shown: string
  readonly #stamp: string

  private constructor(path: string, shown: string, digest: Digest, stamp: string) {
    this.#path = path
    this.#shown = shown
    this.digest = digest
    this.#stamp = stamp
  }

  /** Undefined when it is not there or is being written. `shown`: the path in messages. */
  static at(path: string, shown: string): FormerFile | undefined {
    let file: number | undefined
    try {
      file = openSync(path, 'r')
      const stamp = stampOf(file)
      const digest = digestOfParts(chunksOf(file))
      return stamp === stampOf(file) ? new FormerFile(path, shown, digest, stamp) : undefined
    } catch (error) {
      // What is wrong with the place is said when the new file is written there.
      if (codeOf(error) === undefined) throw error
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  open(): Reader {
    return new Reader(openSync(this.#path, 'r'))
  }

  /** Throws a Failure when what a reader has read may be something else than was there at first. */
  check(reader: Reader): void {
    if (stampOf(reader.file) === this.#stamp) return
    throw new Failure(`${this.#shown} was changed while the report was put together`, {
      remedy: 'Run again.',
    })
  }
}

function stampOf(file: number): string {
  const { size, mtimeNs, ctimeNs, ino } = fstatSync(file, { bigint: true })
  return `${size} ${mtimeNs} ${ctimeNs} ${ino}`
}

function* chunksOf(file: number): Generator<Uint8Array> {
  const chunk = takeChunk()
  for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk))
    yield chunk.subarray(0, length)
  giveBack(chunk)
}

/** Holds a part of a file: what is asked for one after the other mostly stands so, too. */
export class Reader {
  readonly file: number
  readonly #held = takeChunk()
  #start = 0
  #length = 0

  constructor(file: number) {
    this.file = file
  }

  /** Some of so many bytes, which hold until more are asked for. */
  bytesAt(start: number, length: number): Buffer {
    if (start < this.#start || start >= this.#start + this.#length) {
      this.#start = start
      this.#length = readSync(this.file, this.#held, 0, chunkLength, start)
      if (this.#length === 0) throw new Error(`nothing stands at byte ${start}`)
    }
    const from = start - this.#start
    return this.#held.subarray(from, Math.min(from + length, this.#length))
  }

  close(): void {
    giveBack(this.#held)
    closeSync(this.file)
  }
}
