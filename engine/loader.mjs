// How modules are found, besides by tsx: `codex-runner` is this package, also for a pipeline.ts in a folder where nothing
// is installed (npx); and TypeScript is always a module, because in a folder without a package.json that says so tsx would
// load pipeline.ts, and with it a second copy of everything it imports, as CommonJS.
const own = new URL('../stages/index.ts', import.meta.url).href

export async function resolve(specifier, context, next) {
  const found = await next(specifier === 'codex-runner' ? own : specifier, context)
  return /\.m?ts(\?|$)/.test(found.url) ? { ...found, format: 'module' } : found
}
