// @ts-check
/**
 * How the program and a pipeline.ts are loaded: bundled where that can be, else one by one through tsx. Both give the same
 * modules; the bundle is only sooner there.
 *
 * It lives in this package's own node_modules, and not in a workspace's cache: it is code, and a cache is what people hand
 * on. Where nothing can be written (a package that belongs to root) everything goes through tsx, in five times the time.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { register } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundled } from './bundle.mjs'

/** @typedef {import('./program.ts').Program} Program */

const engine = dirname(fileURLToPath(import.meta.url))
const home = dirname(engine)
const bundles = join(home, 'node_modules/.cache/codex-runner')

/** Names by which a pipeline.ts, wherever it lies, may mean this package; and the same as files. */
const entries = {
  'codex-runner': join(home, 'stages/index.ts'),
  'codex-runner/stage': join(engine, 'stage.ts'),
}
/** Raise it when the options of a bundle change: the others are all in its files. */
const version = 1
/** Packages that can't be in a bundle (binaries, files beside them, CommonJS inside) or that it would only make larger. */
const left = ['@photostructure/sqlite', 'pyodide', 'esbuild', 'tsx', 'gpt-tokenizer', 'zx']

/** @returns {Promise<Program & { main: typeof import('./cli.ts').main }>} */
export async function program() {
  const { version: released } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const found = await bundle()
  if ('slow' in found) {
    await throughTsx(entries)
    const [{ main }, { commands }] = await Promise.all([import('./cli.ts'), import('../stages/commands.ts')])
    return { version: released, main, commands, slow: found.slow, load: importSource }
  }
  const { folder } = found
  const [{ main }, { commands }] = await Promise.all([
    import(at(folder, 'cli')),
    import(at(folder, 'commands')),
  ])
  return { version: released, main, commands, load: (file) => importBundled(file, folder) }
}

/** The program's bundle, or why it can't be made. @returns {Promise<{ folder: string } | { slow: string }>} */
async function bundle() {
  try {
    const folder = await bundled(join(bundles, 'program'), `${version} ${process.version} ${home}`, {
      entryPoints: {
        cli: join(engine, 'cli.ts'),
        commands: join(home, 'stages/commands.ts'),
        stages: entries['codex-runner'],
        stage: entries['codex-runner/stage'],
      },
      splitting: true,
      external: left,
    })
    return { folder }
  } catch (error) {
    return { slow: told(error) }
  }
}

/** The first thing that is wrong. @param {unknown} error @returns {string} */
function told(error) {
  if (!(error instanceof Error)) return String(error)
  const [first] = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  return first === undefined ? error.message : `${first.location?.file}: ${first.text}`
}

/** @param {string} folder @param {string} name */
function at(folder, name) {
  return pathToFileURL(join(folder, `${name}.mjs`)).href
}

let loads = 0

/** Anew at each call: the query makes it another module to Node. @param {string} url */
function importNew(url) {
  return import(`${url}?${++loads}`)
}

/** @param {string} file */
async function importSource(file) {
  return { module: await importNew(pathToFileURL(file).href) }
}

/** @type {Promise<void> | undefined} */
let registered

/**
 * @param {string} file
 * @param {string} folder the program's bundle: what the file imports of this package comes from there
 */
async function importBundled(file, folder) {
  const own = { 'codex-runner': at(folder, 'stages'), 'codex-runner/stage': at(folder, 'stage') }
  let place
  try {
    makeRoom()
    place = await bundled(pipelineFolder(file), `${version} ${folder}`, {
      entryPoints: { pipeline: file },
      sourcemap: 'inline',
      sourcesContent: false,
      // As tsx does it: a function's text is what its stage's outputs depend on, and must not tell how it was loaded.
      minifyWhitespace: true,
      keepNames: true,
      plugins: [imports(own)],
      refuses: (text) => /\bimport\s*\(|\bimport\.meta\.resolve\b|\brequire\b/.test(text),
    })
  } catch {
    // What is wrong with it is said in the words of the other way; and that way takes all that a bundle can't.
    registered ??= throughTsx(own)
    await registered
    return await importSource(file)
  }
  process.setSourceMapsEnabled(true)
  return { module: await importNew(at(place, 'pipeline')), code: place }
}

const pipelines = join(bundles, 'pipelines')
/** Bundles of pipelines that are kept; the one that was not made or looked at for the longest time goes. */
const mostPipelines = 100

function makeRoom() {
  mkdirSync(pipelines, { recursive: true })
  const names = readdirSync(pipelines)
  if (names.length <= mostPipelines) return
  const age = (/** @type {string} */ name) =>
    statSync(join(pipelines, name, 'bundle.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const oldest = names
    .map((name) => ({ name, at: age(name) }))
    .sort((a, b) => a.at - b.at)
    .slice(0, mostPipelines / 2)
  for (const { name } of oldest) rmSync(join(pipelines, name), { recursive: true, force: true })
}

/** @param {string} file */
function pipelineFolder(file) {
  return join(pipelines, createHash('sha256').update(file).digest('hex').slice(0, 32))
}

/**
 * What a pipeline.ts imports: this package from its bundle, other packages from where they stand, files of its own into the
 * bundle. Throws for what only a real module can do.
 * @param {{ readonly [name: string]: string }} own
 * @returns {import('esbuild').Plugin}
 */
function imports(own) {
  const urls = new Map(Object.entries(own))
  for (const [name, path] of Object.entries(entries)) urls.set(path, own[name] ?? path)
  return {
    name: 'imports of a pipeline',
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (pluginData === 'asked' || kind === 'entry-point') return undefined
        if (kind !== 'import-statement') return { errors: [{ text: `${kind} of ${path}` }] }
        const named = urls.get(path)
        if (named !== undefined) return { path: named, external: true }
        const found = await build.resolve(path, { kind, resolveDir, pluginData: 'asked' })
        const known = urls.get(found.path)
        if (known !== undefined) return { path: known, external: true }
        if (found.errors.length > 0 || found.external) return found
        if (!/^\.{0,2}\//.test(path)) return { path: pathToFileURL(found.path).href, external: true }
        // Named otherwise than it is called, another file might come to be meant; and what is ours is not to be there twice.
        const exact =
          found.path === resolve(resolveDir, path) && !found.path.startsWith(join(home, 'engine/'))
        return exact && !found.path.startsWith(join(home, 'stages/')) ? found : { errors: [{ text: path }] }
      })
    },
  }
}

/** @param {{ readonly [name: string]: string }} own where this package's modules are, by the names in `entries` */
async function throughTsx(own) {
  const { register: registerTypeScript } = await import('tsx/esm/api')
  registerTypeScript()
  const names = Object.entries(entries).flatMap(([name, path]) => {
    const url = (own[name] ?? path).startsWith('file:') ? own[name] : pathToFileURL(path).href
    return [
      [name, url],
      [pathToFileURL(path).href, url],
    ]
  })
  register('./loader.mjs', import.meta.url, { data: names })
}
