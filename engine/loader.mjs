// How modules are found, besides by tsx: `codex-runner` is this package, also for a pipeline.ts in a folder where nothing
// is installed (npx), and from its bundle where the program runs from that; and TypeScript is always a module, because in a
// folder without a package.json that says so tsx would load pipeline.ts, and with it a second copy of everything it
// imports, as CommonJS.
let own = new Map()

export function initialize(names) {
  own = new Map(names)
}

export async function resolve(specifier, context, next) {
  const found = await next(own.get(specifier) ?? specifier, context)
  const url = own.get(found.url) ?? found.url
  return /\.m?ts(\?|$)/.test(url) ? { ...found, url, format: 'module' } : { ...found, url }
}
