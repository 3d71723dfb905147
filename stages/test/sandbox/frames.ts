/**
 * The language of workers and interpreters, whatever runs in them.
 *
 * A frame is a 4-byte length (little end first), a line of that many bytes with words between blanks, then raw bytes
 * whose sizes are among the words. Rejected: JSON (program and output would be copied and escaped on both sides, and
 * a Python would have to load a module for it).
 */
import type { Readable } from 'node:stream'
import type { Execution } from './index.ts'

/** The channel's descriptor in the interpreter's process. */
export const CHANNEL = 3

/** Bytes as they come, handed out in the pieces that are asked for; undefined once there will be no more. */
export class Incoming {
  #chunks: Buffer[] = []
  #size = 0
  #ended = false
  #wake = () => {}

  constructor(channel: Readable) {
    channel.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#size += chunk.length
      this.#wake()
    })
    channel.on('end', () => this.end())
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async take(size: number): Promise<Buffer | undefined> {
    while (this.#size < size && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    if (this.#size < size) return undefined
    const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks)
    this.#size -= size
    this.#chunks = this.#size > 0 ? [all.subarray(size)] : []
    return all.subarray(0, size)
  }

  async line(): Promise<string[] | undefined> {
    const size = await this.take(4)
    const line = size && (await this.take(size.readUInt32LE()))
    return line?.toString().split(' ')
  }

  async parts(sizes: readonly number[]): Promise<Buffer[] | undefined> {
    const parts: Buffer[] = []
    for (const size of sizes) {
      const part = await this.take(size)
      if (part === undefined) return undefined
      parts.push(part)
    }
    return parts
  }
}

/**
 * The frame that asks for an execution. Words: is there a split, is stderr merged, is stdin echoed, CPU and wall
 * milliseconds, memory in MB, output in KB, processes, disk in MB,
 * file in MB, open files, bytes of the answer, of the program, of stdin, and
 * of each file's name and text. Then these bytes: program, stdin, files.
 */
export function requestOf(execution: Execution): Buffer[] {
  const { answer, code, stdin, files, echoStdin, stderr, limits } = execution
  const split = code.trim() !== ''
  const program = Buffer.from(split ? `${answer}\n\n${code}` : answer)
  const input = Buffer.from(stdin)
  const laid = files.flatMap((file) => [Buffer.from(file.name), Buffer.from(file.text)])
  const words = [
    split,
    stderr === 'merged',
    echoStdin,
    limits.cpuSeconds * 1000,
    limits.wallSeconds * 1000,
    limits.memoryMB,
    limits.outputKB,
    limits.processes,
    limits.diskMB,
    limits.fileMB,
    limits.openFiles,
    Buffer.byteLength(answer),
    program.length,
    input.length,
    ...laid.map((part) => part.length),
  ]
  const line = Buffer.from(words.map((word) => Math.ceil(Number(word))).join(' '))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(line.length)
  return [Buffer.concat([size, line, program, input]), ...laid]
}
