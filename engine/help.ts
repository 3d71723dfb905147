/** What `--help` says. */
import type { Command } from './command.ts'

export function helpText(version: string, extra: readonly Command[], command: Command | undefined): string {
  return command === undefined ? overview(version, extra) : detail(command)
}

function overview(version: string, extra: readonly Command[]): string {
  const rows = extra.map(
    ({ name, usage, help }) => `  ${`${name} ${usage}`.padEnd(32)} ${help.split('\n')[0]}`,
  )
  return `codex-runner ${version}

  npm run pipeline                   build everything that is not fresh
  npm run pipeline -- STAGE…         build up to these stages
  npm run pipeline -- COMMAND …

Commands
  watch [STAGE…]                     build, and again whenever a file changes
  plan [STAGE…]                      what a run would do, why, and what it would cost; writes nothing
  why PATH…                          what makes a file, and why it is or is not fresh
  status                             how targets, edits, failures and the cache stand
  diff ID[#K]…                       what cleaning and people made of a question's completions, line by line
  accept ID[#K]…                     what a person made of it is right as it stands: say no more of it
  reset ID[#K]…                      back to the automatic text; what a person wrote is kept aside
  doctor                             what the stages need of this machine, tried out; and how to get what is missing
  graph                              the stages as a Mermaid chart
  gc                                 drop cached results that no target uses (never a paid response)
${rows.join('\n')}

Options
  --file PATH                        another pipeline file; its paths and its cache are relative to its folder
  --cache DIR                        where the cache is kept (default: cache, beside the pipeline file)
  --only GLOB                        ask and run only questions whose id matches
    --in PATH                          with accept, reset and diff: only what is in this file or folder
  --serve                            with watch: the report in a browser, updated as verdicts come
    --port N                           where (default: 7357, or any port when that is taken)
  --jobs N                             programs executed at once (default: the number of processors)
  --sandbox NAME                     auto, bwrap, docker, podman, pyodide or none; kept for later runs
  --i-know-what-i-am-doing           with --sandbox none: programs may do all that you may
  --repeat K                         run each program K times and name those that do not always end the same way;
                                     marked in the results until the next run without it
  --budget DOLLARS                   stop asking before this run has spent more (2.50); what has arrived is kept
  --budget-tokens N                  the same in tokens of requests and answers together (2000000, 500k, 2M)
  --force STAGE                      build a stage's targets anew, and execute anew
  --fail-fast                        stop at the first failed target
  --json                             one event a line; the last is the summary
  -q, --quiet                        only what went wrong
  --verbose                          reasons and stack traces
  -h, --help    --version

Exit status: 0 built or fresh, 1 a target failed or stayed incomplete (a wrong answer fails nothing),
2 usage or a bad question file, 130 interrupted.`
}

function detail({ name, usage, help, options }: Command): string {
  const rows = Object.entries(options).map(
    ([option, { type, help: text }]) => `  --${option}${type === 'string' ? ' VALUE' : ''}`.padEnd(30) + text,
  )
  return `codex-runner ${name} ${usage} [options]\n\n${help}\n\nOptions\n${rows.join('\n')}\n`
}
