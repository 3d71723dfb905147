// @ts-check
/**
 * Bundles of TypeScript by esbuild, for a fast start: of the program itself, and of a pipeline.ts with the files of its own
 * that it imports. Loading the sources one by one through tsx takes 600 ms, a bundle 60.
 *
 * A bundle is used only when every file that went into it, and every file that came out, is what it was then. esbuild is
 * given the very bytes that are digested, so a file that is saved while it runs can't be mistaken; and as everywhere here
 * (cache/stamps.ts says why), a file's size, times and inode stand for its contents only if it was clearly older than the
 * moment when it was read.
 *
 * A folder holds `bundle.json` and the files of the last builds, each build's in a folder of its own: another process
 * may still load a part of an older one. Whoever finds the bundle stale makes another, and the last one counts.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isOld, stampOf } from './cache/stamp.mjs'

/** @typedef {readonly [path: string, digest: string, stamp: string]} Entry `stamp`: '' where it proves nothing. */
/** @typedef {{ readonly key: string, readonly outputs: string, readonly files: readonly Entry[] }} Manifest */
/**
 * `refuses`: whether a bundle can't stand for a module with this text.
 * @typedef {import('esbuild').BuildOptions & { refuses?: (text: string) => boolean }} Options
 */

/** Builds under way: the last one ends esbuild's process, which would stay for as long as a watch does. */
let building = 0
const msInDay = 86_400_000

/**
 * The folder with the bundle's files; made when there is none, or when it is stale. Throws what esbuild throws, or when
 * the folder can't be written to.
 * @param {string} folder where the bundle lives
 * @param {string} key what it is made of besides files; a bundle with another key is stale
 * @param {Options} options
 * @returns {Promise<string>}
 */
export async function bundled(folder, key, options) {
  const known = recalled(folder)
  if (known?.key === key) {
    const files = known.files.map(looked)
    if (files.every((file) => file !== undefined)) {
      if (files.some((file, index) => file !== known.files[index])) remember(folder, { ...known, files })
      return join(folder, known.outputs)
    }
  }
  return await made(folder, key, options)
}

/** @param {string} folder @returns {Manifest | undefined} */
function recalled(folder) {
  try {
    const found = JSON.parse(readFileSync(join(folder, 'bundle.json'), 'utf8'))
    const isText = (/** @type {unknown} */ value) => typeof value === 'string'
    const isEntry = (/** @type {unknown} */ value) =>
      Array.isArray(value) && value.length === 3 && value.every(isText)
    return isText(found.outputs) && found.files.every(isEntry) ? found : undefined
  } catch {
    return undefined
  }
}

/** Written beside its place and renamed: a reader sees the one before or this one. @param {string} folder @param {Manifest} manifest */
function remember(folder, manifest) {
  const temporary = join(folder, `bundle.json.${randomBytes(6).toString('hex')}`)
  try {
    writeFileSync(temporary, JSON.stringify(manifest))
    renameSync(temporary, join(folder, 'bundle.json'))
  } catch {
    // The next one digests these files once more.
    rmSync(temporary, { force: true })
  }
}

/** The entry as it is to be kept when the file is what it was; undefined when it is not. @param {Entry} entry */
function looked(entry) {
  const [path, digest, stamp] = entry
  if (stamp !== '' && stampAt(path) === stamp) return entry
  const now = entryOf(path)
  if (now?.entry[1] !== digest) return undefined
  return now.entry[2] === stamp ? entry : now.entry
}

/** @param {string} path */
function stampAt(path) {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && stampOf(stat)
}

/** The file's bytes, and its entry. @param {string} path @returns {{ bytes: Buffer, entry: Entry } | undefined} */
function entryOf(path) {
  try {
    const before = Date.now()
    const stat = statSync(path, { bigint: true })
    const bytes = readFileSync(path)
    const digest = createHash('sha256').update(bytes).digest('hex')
    const stamp = stampOf(stat)
    const proves = isOld(stat, before) && stampAt(path) === stamp
    return { bytes, entry: [path, digest, proves ? stamp : ''] }
  } catch {
    return undefined
  }
}

/**
 * @param {string} folder
 * @param {string} key
 * @param {Options} options
 */
async function made(folder, key, { refuses, ...options }) {
  const outputs = `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`
  const outdir = join(folder, outputs)
  mkdirSync(folder, { recursive: true })
  removeOld(folder)
  /** @type {Entry[]} */
  const inputs = []
  const { build, stop } = await import('esbuild')
  building++
  const { metafile } = await build({
    absWorkingDir: folder,
    metafile: true,
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    outExtension: { '.js': '.mjs' },
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    logLevel: 'silent',
    ...options,
    plugins: [...(options.plugins ?? []), reading(inputs, refuses)],
  }).finally(() => --building === 0 && stop())
  const others = [...filesIn(outdir), ...manifestsOf(inputs, metafile)]
  const files = [...inputs, ...others.map((path) => entryOf(path)?.entry)].filter(
    (file) => file !== undefined,
  )
  remember(folder, { key, outputs, files })
  return outdir
}

/**
 * The package.json of every package that was looked into: it tells which of its files an import means.
 * @param {readonly Entry[]} inputs
 * @param {import('esbuild').Metafile | undefined} metafile
 */
function manifestsOf(inputs, metafile) {
  const imported = Object.values(metafile?.outputs ?? {}).flatMap(({ imports }) => imports)
  const urls = imported.map(({ path }) => path).filter((path) => path.startsWith('file:'))
  const paths = [...inputs.map(([path]) => path), ...urls.map((url) => fileURLToPath(url))]
  const packages = paths.flatMap((path) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [])
  return [...new Set(packages)].map((folder) => join(folder, 'package.json'))
}

/**
 * Reads every file for esbuild, and notes what it read.
 * @param {Entry[]} inputs
 * @param {Options['refuses']} refuses
 * @returns {import('esbuild').Plugin}
 */
function reading(inputs, refuses) {
  return {
    name: 'reading',
    setup: ({ onLoad }) =>
      onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        const found = entryOf(path)
        if (found === undefined) return { errors: [{ text: `${path} cannot be read` }] }
        inputs.push(found.entry)
        const text = found.bytes.toString('utf8')
        if (refuses?.(text)) return { errors: [{ text: `${path} can't be in a bundle` }] }
        return { contents: placed(text, path), loader: 'default' }
      }),
  }
}

/** A module goes on knowing where its source stands, for the files beside it. @param {string} text @param {string} path */
function placed(text, path) {
  if (!text.includes('import.meta.')) return text
  return text
    .replaceAll(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(path).href))
    .replaceAll(/\bimport\.meta\.dirname\b/g, JSON.stringify(dirname(path)))
    .replaceAll(/\bimport\.meta\.filename\b/g, JSON.stringify(path))
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder).map((name) => join(folder, name))
}

/** What was made more than a day ago and what a killed process left. @param {string} folder */
function removeOld(folder) {
  for (const path of filesIn(folder)) {
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
    if (Date.now() - mtimeMs > msInDay && !path.endsWith('bundle.json'))
      rmSync(path, { recursive: true, force: true })
  }
}
