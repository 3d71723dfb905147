/** For tests: what the host lays out for attacks to find, and a harmless program that must not notice them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'uvu'
import type { Bait } from './attacks.ts'
import { execution } from './index.ts'

/** Laid out before the file's tests, and cleared away after them. */
export function layBait(test: Test): Bait {
  const folder = mkdtempSync(join(tmpdir(), 'attacks-'))
  const bait: Bait = {
    secretFile: join(folder, '.env'),
    openFile: join(folder, 'open'),
    project: process.cwd(),
    home: homedir(),
    port: 0,
    socket: join(folder, 'socket'),
    ourPid: process.pid,
  }
  const servers: Server[] = []
  test.before(async () => {
    writeFileSync(bait.secretFile, 'secret', { mode: 0o600 })
    writeFileSync(bait.openFile, 'open', { mode: 0o644 })
    process.env['PLANTED_KEY'] = 'planted'
    for (const where of [{ port: 0, host: '127.0.0.1' }, bait.socket, `\0${bait.socket}`]) {
      const server = createServer((socket) => socket.destroy())
      await new Promise<void>((listening) => server.listen(where, listening))
      servers.push(server)
    }
    const address = servers[0]?.address()
    if (typeof address === 'object' && address !== null) Object.assign(bait, { port: address.port })
  })
  test.after(() => {
    delete process.env['PLANTED_KEY']
    for (const server of servers) server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return bait
}

export const harmless = execution('def f(n): return sum(range(n))', {
  code: 'import json, string, math\nprint(f(10), string.digits, math.pi > 3.1, json.dumps([1]))',
  capture: 'testcase',
})
export const right = '45 0123456789 True [1]\n'
