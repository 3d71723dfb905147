#!/usr/bin/env node
// The program's entry. TypeScript is loaded as it is, by tsx, so that pipeline.ts may be edited without a build step.
import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { register as registerTypeScript } from 'tsx/esm/api'

registerTypeScript()
register('./loader.mjs', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [{ main }, { commands }] = await Promise.all([import('./cli.ts'), import('../stages/commands.ts')])
process.exitCode = await main(process.argv.slice(2), version, commands)
