/**
 * The segment that this process appends to. Lines that are handed over while a write is under way go out together
 * with one fdatasync: the disk's latency is paid once a group, not once a line.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where a line was put. */
export interface Written {
  /** The segment's file name. */
  readonly segment: string
  readonly offset: number
  readonly length: number
  /** Counted from 1. */
  readonly line: number
}

interface Waiting {
  readonly bytes: Buffer
  readonly resolve: (written: Written) => void
  readonly reject: (error: unknown) => void
}

interface Open {
  readonly name: string
  readonly file: FileHandle
  offset: number
  lines: number
}

export class Segment {
  readonly #folder: string
  #open: Open | undefined
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The file's name; undefined as long as nothing was written. */
  get name(): string | undefined {
    return this.#open?.name
  }

  /** Resolves when the line, which must end in a newline, is on disk to stay. */
  append(bytes: Buffer): Promise<Written> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#open?.file.close()
    this.#open = undefined
  }

  async #writeAll(): Promise<void> {
    // A turn of the event loop, so that what is handed over in one go is written in one go.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      await this.#writeGroup(group).catch((error: unknown) => {
        for (const { reject } of group) reject(error)
      })
    }
    this.#writing = undefined
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const segment = await this.#segment()
    try {
      await writeFully(segment.file, Buffer.concat(group.map(({ bytes }) => bytes)), segment.offset)
      await segment.file.datasync()
    } catch (error) {
      await this.#abandon(segment)
      throw error
    }
    for (const { bytes, resolve } of group) {
      resolve({
        segment: segment.name,
        offset: segment.offset,
        length: bytes.length,
        line: segment.lines + 1,
      })
      segment.offset += bytes.length
      segment.lines++
    }
  }

  /**
   * What was not acknowledged must go: a line of it could otherwise win, at the next start, over the response that
   * was asked for anew. Then a new segment, since nobody knows what the disk did with this one.
   */
  async #abandon(segment: Open): Promise<void> {
    this.#open = undefined
    await segment.file.truncate(segment.offset).catch(() => {})
    await segment.file.close().catch(() => {})
  }

  async #segment(): Promise<Open> {
    // Deleting the cache while a run goes on must not send paid responses into a file that has no name any more.
    if (this.#open !== undefined && (await this.#open.file.stat()).nlink === 0) {
      await this.#open.file.close()
      this.#open = undefined
    }
    this.#open ??= await create(this.#folder)
    return this.#open
  }
}

async function create(folder: string): Promise<Open> {
  const first = await mkdir(folder, { recursive: true })
  const started = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const name = `${started}-${process.pid}-${randomBytes(4).toString('hex')}.jsonl`
  const file = await open(join(folder, name), 'wx')
  await syncFolder(folder)
  if (first !== undefined) await syncFolder(dirname(first))
  return { name, file, offset: 0, lines: 0 }
}

/** So that the file's name survives a power failure, not only its content. Where folders can't be synced, it isn't. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

async function writeFully(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}
