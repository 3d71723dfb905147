/**
 * Looks at an lmdb data file without mapping it, for a damaged one can kill the process that maps it (SIGBUS beyond
 * the end of a truncated file, SIGSEGV on a wild page number).
 *
 * `fitsItsHeader` is cheap: the newest meta page says which page was used last. A shorter file is not always damaged,
 * since pages at the end that were freed in the transaction that took them are never written. So where the file is
 * short, and after an opener that died, `isSound` follows every page that can be reached from the roots: each must be
 * within the file, be of the kind its place asks for, say its own number and no later transaction, keep its nodes within itself, and be
 * reached once; and no page in use may be on the list of free pages. What lmdb then does with the file stays within
 * the file. It takes about 5 µs a page. Values are not looked at: they have checksums.
 *
 * The layout is that of lmdb's data version 2 as lmdb-js builds it (64-bit, little-endian, 24-byte page headers;
 * in the free list a negative number says how many pages the block after it has): what is not recognised is not
 * sound, and the store is rebuilt, which costs time but no data.
 *
 * Rejected: mapping it in a child process and seeing whether that survives (100 ms and more, and it need not touch
 * what the parent touches); trusting the size alone (throws sound stores away).
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

interface Tree {
  readonly depth: number
  readonly root: number
}

interface Meta {
  readonly pageSize: number
  readonly lastPage: number
  readonly transaction: bigint
  readonly free: Tree | undefined
  readonly main: Tree | undefined
}

const headerSize = 24
const nodeHeaderSize = 8
const treeSize = 48
const metaSize = headerSize + 160
const magic = 0xbeefc0de
const dataVersion = 2
const isBranch = 0x01
const isLeaf = 0x02
const isOverflow = 0x04
const isMeta = 0x08
const nodeHasOverflow = 0x01
const nodeHasTree = 0x02
const overflowReferenceSize = 24
const firstPage = 2
const none = 0xffffffffffffffffn

/** True when the file is missing, empty, or as long as its header says. */
export function fitsItsHeader(path: string): boolean {
  return withFile(path, (file) => {
    if (sizeOf(file) === 0) return true
    const meta = newestMeta(file)
    return meta !== undefined && sizeOf(file) >= (meta.lastPage + 1) * meta.pageSize
  })
}

/** True when lmdb can use the file without leaving it. */
export function isSound(path: string): boolean {
  return withFile(path, (file) => {
    if (sizeOf(file) === 0) return true
    const meta = newestMeta(file)
    return meta !== undefined && new Walk(file, meta).isSound()
  })
}

function withFile(path: string, look: (file: number) => boolean): boolean {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return true
  }
  try {
    return look(file)
  } catch (error) {
    // A number that leads outside of a page: Node refuses to read there.
    if (error instanceof RangeError) return false
    throw error
  } finally {
    closeSync(file)
  }
}

function newestMeta(file: number): Meta | undefined {
  const first = metaAt(file, 0)
  const second = first && metaAt(file, first.pageSize)
  if (first === undefined || second === undefined) return undefined
  return second.transaction > first.transaction ? second : first
}

function metaAt(file: number, offset: number): Meta | undefined {
  const bytes = Buffer.alloc(metaSize)
  if (readSync(file, bytes, 0, metaSize, offset) < metaSize) return undefined
  const known =
    (bytes.readUInt16LE(18) & isMeta) !== 0 &&
    bytes.readUInt32LE(24) === magic &&
    (bytes.readUInt32LE(28) & 0xffff) === dataVersion
  const pageSize = bytes.readUInt32LE(48)
  if (!known || pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) return undefined
  return {
    pageSize,
    lastPage: Number(bytes.readBigUInt64LE(144)),
    transaction: bytes.readBigUInt64LE(152),
    free: treeAt(bytes, 48),
    main: treeAt(bytes, 96),
  }
}

/** Undefined for a tree without a page. */
function treeAt(bytes: Buffer, offset: number): Tree | undefined {
  const root = bytes.readBigUInt64LE(offset + 40)
  return root === none ? undefined : { depth: bytes.readUInt16LE(offset + 6), root: Number(root) }
}

type LeafCheck = (value: Value) => boolean

interface Value {
  /** The value itself, or the number of its overflow page. */
  readonly bytes: Buffer
  readonly size: number
  readonly kind: 'here' | 'overflow' | 'tree'
}

class Walk {
  readonly #file: number
  readonly #meta: Meta
  readonly #pages: number
  readonly #used = new Set<number>()

  constructor(file: number, meta: Meta) {
    this.#file = file
    this.#meta = meta
    this.#pages = Math.floor(sizeOf(file) / meta.pageSize)
  }

  isSound(): boolean {
    const free: Buffer[] = []
    const collect = (value: Value) => {
      const bytes = value.kind === 'overflow' ? this.#overflow(value, true) : value.bytes
      if (bytes !== undefined) free.push(bytes)
      return bytes !== undefined && value.kind !== 'tree'
    }
    return (
      this.#tree(this.#meta.free, collect) &&
      this.#tree(this.#meta.main, (value) => this.#namedTree(value)) &&
      free.every((list) => this.#freeList(list))
    )
  }

  #namedTree(value: Value): boolean {
    if (value.kind !== 'tree') return this.#value(value)
    return value.size === treeSize && this.#tree(treeAt(value.bytes, 0), (leaf) => this.#value(leaf))
  }

  #value(value: Value): boolean {
    return value.kind === 'here' || (value.kind === 'overflow' && this.#overflow(value, false) !== undefined)
  }

  #tree(tree: Tree | undefined, check: LeafCheck): boolean {
    if (tree === undefined) return true
    const open: { readonly page: number; readonly level: number }[] = [{ page: tree.root, level: 1 }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { page, level } = next
      if (level > tree.depth || !this.#use(page, 1)) return false
      const kind = level < tree.depth ? isBranch : isLeaf
      const bytes = this.#read(page, this.#meta.pageSize)
      if (!this.#isHeader(bytes, page, kind)) return false
      const offsets = nodes(bytes)
      if (kind === isBranch && offsets.length < 2) return false
      for (const node of offsets) {
        if (kind === isBranch) open.push({ page: childAt(bytes, node), level: level + 1 })
        else if (!check(valueAt(bytes, node))) return false
      }
    }
    return true
  }

  /** The value on overflow pages, or only its header when it is not wanted; undefined when it is damaged. */
  #overflow({ bytes, size }: Value, wanted: boolean): Buffer | undefined {
    const first = Number(bytes.readBigUInt64LE(0))
    if (first >= this.#pages) return undefined
    const header = this.#read(first, headerSize)
    // There may be more pages than the value needs: it shrank where it stood.
    const count = header.readUInt32LE(20)
    const right =
      this.#isHeader(header, first, isOverflow) &&
      count * this.#meta.pageSize >= headerSize + size &&
      this.#use(first, count)
    if (!right) return undefined
    return wanted ? this.#read(first, headerSize + size).subarray(headerSize) : header
  }

  #isHeader(bytes: Buffer, page: number, kind: number): boolean {
    return (
      Number(bytes.readBigUInt64LE(0)) === page &&
      // A page of a transaction to come is taken for one that may be written to in place.
      bytes.readBigUInt64LE(8) <= this.#meta.transaction &&
      bytes.readUInt16LE(18) === kind
    )
  }

  #freeList(list: Buffer): boolean {
    const count = Number(list.readBigUInt64LE(0))
    let length = 1
    for (let index = 1; index <= count; index++) {
      const entry = Number(list.readBigInt64LE(index * 8))
      if (entry > 0) {
        if (entry < firstPage || entry + length - 1 > this.#meta.lastPage) return false
        for (let page = entry; page < entry + length; page++) if (this.#used.has(page)) return false
      }
      length = entry < 0 ? -entry : 1
      if (length > this.#meta.lastPage) return false
    }
    return true
  }

  /** False when the pages are not in the file, or in use already. */
  #use(first: number, count: number): boolean {
    if (first < firstPage || count < 1 || first + count > this.#pages) return false
    if (first + count - 1 > this.#meta.lastPage) return false
    for (let page = first; page < first + count; page++) {
      if (this.#used.has(page)) return false
      this.#used.add(page)
    }
    return true
  }

  #read(page: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    const read = readSync(this.#file, bytes, 0, length, page * this.#meta.pageSize)
    return bytes.subarray(0, read)
  }
}

/** The nodes' offsets in their page. Throws a RangeError when the page's own bounds are impossible. */
function nodes(page: Buffer): readonly number[] {
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)]
  if (lower > upper || upper + headerSize > page.length || lower % 2 !== 0) throw new RangeError('bounds')
  return Array.from({ length: lower / 2 }, (_, index) => {
    const node = page.readUInt16LE(headerSize + index * 2) + headerSize
    const keyEnd = node + nodeHeaderSize + page.readUInt16LE(node + 6)
    if (node < upper + headerSize || keyEnd > page.length) throw new RangeError('node')
    return node
  })
}

function childAt(page: Buffer, node: number): number {
  return page.readUIntLE(node, 6)
}

function valueAt(page: Buffer, node: number): Value {
  const size = page.readUInt32LE(node)
  const flags = page.readUInt16LE(node + 4)
  const start = node + nodeHeaderSize + page.readUInt16LE(node + 6)
  const isOut = (flags & nodeHasOverflow) !== 0
  const end = start + (isOut ? overflowReferenceSize : size)
  if (end > page.length) throw new RangeError('value')
  if (flags > nodeHasTree) throw new RangeError('flags')
  const kind = isOut ? 'overflow' : flags === nodeHasTree ? 'tree' : 'here'
  return { bytes: page.subarray(start, end), size, kind }
}

function sizeOf(file: number): number {
  return fstatSync(file).size
}
