/**
 * The process in which pyodide runs: reads requests and writes what happens, both blocking, on descriptor 3. It has
 * nothing else to do while a program runs, and could not do it if it had.
 */
import { readFileSync, readSync, writeSync } from 'node:fs'

const CHANNEL = 3
const PAGE = 65536

/** Bytes that the interpreter's memory may have; growing beyond fails, and Python raises MemoryError. */
let memoryLimit = Number.POSITIVE_INFINITY
let begun = process.cpuUsage()
const grow = WebAssembly.Memory.prototype.grow
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * PAGE > memoryLimit) throw new RangeError('the memory limit is reached')
  return grow.call(this, pages)
}

const { loadPyodide } = await import('pyodide')
const python = await loadPyodide({
  // Nothing of Node's within reach of `import js`. Other doors stay open.
  jsglobals: Object.create(null),
  env: { HOME: '/box/work', LANG: 'C.UTF-8', PATH: '/usr/bin:/bin', PYTHONHASHSEED: '0', PYTHONUTF8: '1' },
})
const memory = python._module.HEAP8.buffer.byteLength
for (const file of ['parts.py', 'pyodide_runner.py'])
  python.FS.writeFile(`/lib/${file}`, readFileSync(new URL(file, import.meta.url)))
python.runPython("import sys; sys.path.append('/lib')")
const runner = python.pyimport('pyodide_runner')
runner.settle((status) => {
  send(['ended', status & 0xff, usedSince(begun), 'leaving'])
  process.exit()
})
send(['ready', 'cpython', runner.VERSION])

for (;;) {
  const words = receive(receive(4).readUInt32LE()).toString().split(' ').map(Number)
  const [split, merged, echo, , , memoryMB, , , , , , answerSize, programSize, stdinSize, ...fileSizes] =
    words
  hand('program', receive(programSize))
  hand('stdin', receive(stdinSize))
  const names = []
  for (let at = 0; at < fileSizes.length; at += 2) {
    names.push(receive(fileSizes[at]).toString())
    hand(`file${at / 2}`, receive(fileSizes[at + 1]))
  }

  printTo('stdout', 'setStdout')
  printTo(merged ? 'stdout' : 'stderr', 'setStderr')
  memoryLimit = memory + memoryMB * 2 ** 20
  begun = process.cpuUsage()
  const status = run(names, split ? answerSize : undefined, echo)
  memoryLimit = Number.POSITIVE_INFINITY
  // Memory that has grown does not shrink, and is not the next program's.
  const leaving = runner.worn_out() || python._module.HEAP8.buffer.byteLength > memory + 64 * 2 ** 20
  send(['ended', status, usedSince(begun), leaving ? 'leaving' : 'staying'])
  if (leaving) process.exit()
}

function usedSince(before) {
  const { user, system } = process.cpuUsage(before)
  return Math.round((user + system) / 1000)
}

/** By files: toPy fails for bytes of which there are none. */
function hand(name, bytes) {
  python.FS.mkdirTree('/request')
  python.FS.writeFile(`/request/${name}`, bytes)
}

function run(names, answerSize, echo) {
  try {
    return runner.run(python.toPy(names), answerSize, echo, () => send(['mark']))
  } catch (error) {
    // An exception that is Python's is our runner's fault; anything else is the end of the interpreter.
    if (!(error instanceof python.ffi.PythonError)) throw error
    const message = Buffer.from(error.message)
    send(['trouble', message.length], message)
    process.exit()
  }
}

function printTo(stream, setter) {
  python[setter]({
    write(bytes) {
      send([stream, bytes.length], bytes)
      return bytes.length
    },
    isatty: false,
  })
}

function send(words, bytes = Buffer.alloc(0)) {
  const line = Buffer.from(words.join(' '))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(line.length)
  let rest = Buffer.concat([size, line, bytes])
  while (rest.length > 0) rest = rest.subarray(writeSync(CHANNEL, rest))
}

function receive(size) {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const count = readSync(CHANNEL, bytes, at, size - at)
    if (count === 0) process.exit()
    at += count
  }
  return bytes
}
