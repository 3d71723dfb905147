/** How the server sends what it has: whole, slowly, with a false length, in half. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Step } from './script.ts'

export interface Headers {
  readonly [name: string]: string | number
}

const pieces = 20

export function json(response: ServerResponse, status: number, value: unknown, headers: Headers = {}): void {
  const bytes = Buffer.from(JSON.stringify(value))
  const usual = { 'content-type': 'application/json', 'content-length': bytes.length }
  response.writeHead(status, { ...usual, ...headers }).end(bytes)
}

/** Announces the whole answer and sends half of it; then cuts the connection, or falls silent. */
export function sendHalf(response: ServerResponse, bytes: Buffer, cut: boolean): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length >> 1), () => {
    if (cut) response.destroy()
  })
}

/** Sends an answer as the step wants it. `last` is called when all but the last bytes have gone. */
export async function sendAnswer(
  { response, socket }: { readonly response: ServerResponse; readonly socket: Socket },
  bytes: Buffer,
  step: Step,
  headers: Headers,
  last: () => void,
): Promise<void> {
  const length = Math.max(0, bytes.length + (step.wrongLength ?? 0))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length, ...headers })
  if (step.late) {
    response.flushHeaders()
    await sleep(step.late)
  }
  let rest = bytes
  if (step.trickle) {
    const size = Math.ceil(bytes.length / pieces)
    while (rest.length > size && !socket.destroyed) {
      response.write(rest.subarray(0, size))
      rest = rest.subarray(size)
      await sleep(step.trickle)
    }
  }
  if (socket.destroyed) return
  last()
  response.end(rest, () => {
    if (step.dropAfter || step.wrongLength) socket.destroy()
    if (step.dropIdle) setTimeout(() => socket.destroy(), 5)
  })
}
