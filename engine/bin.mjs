#!/usr/bin/env node
import { program } from './load.mjs'

const { main, ...rest } = await program()
process.exitCode = await main(process.argv.slice(2), rest)
