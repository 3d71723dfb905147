/** `doctor`: what the stages need of this machine, each tried out and explained. */
import { relative } from 'node:path'
import type { Json } from './cache/digest.ts'
import type { Setting } from './commands.ts'
import { closeStages } from './graph.ts'
import type { Finding, Machine } from './stage.ts'

const marks = { good: '✓', info: '·', bad: '✗' } as const

/** The exit status: 1 when something that is needed does not work. `slow`: why the program was loaded file by file. */
export async function doctor(setting: Setting, slow: string | undefined): Promise<number> {
  const { graph, workspace, print } = setting
  const findings: Finding[] = [
    { level: 'good', text: `Node ${process.versions.node} on ${process.platform} ${process.arch}` },
    { level: 'good', text: `cache in ${relative(process.cwd(), workspace.cache) || '.'}` },
  ]
  if (slow !== undefined)
    findings.push({
      level: 'info',
      text: `every start takes half a second more than it need: the program can't be bundled (${slow})`,
      remedy: 'Run it once as somebody who may write into its node_modules.',
    })
  print(lines('codex-runner', findings))
  for (const { name, stage } of graph.stages) {
    const found = (await stage.diagnose?.(machineOf(setting))) ?? []
    if (found.length > 0) print(lines(name, found))
    findings.push(...found)
  }
  await closeStages(graph)
  return findings.some(({ level }) => level === 'bad') ? 1 : 0
}

/** What is found out is not remembered: to ask changes nothing. */
function machineOf({ workspace, options, emit }: Setting): Machine {
  return {
    options,
    remember: () => {},
    recall: (name): Json | undefined => workspace.store.get('memory', name),
    notice: (notice) => emit({ type: 'notice', target: 'doctor', ...notice }),
  }
}

function lines(title: string, findings: readonly Finding[]): string {
  const rows = findings.map(({ level, text, remedy }) => {
    const advice = remedy === undefined || remedy === '' ? '' : `\n    ${remedy}`
    return `  ${marks[level]} ${text}${advice}`
  })
  return [title, ...rows].join('\n')
}
