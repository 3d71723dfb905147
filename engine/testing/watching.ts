/** Watch mode, driven as an editor drives it. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Event } from '../events.ts'
import { TestFolder } from './workspace.ts'

export const question = (id: string) => `[[questions]]
id = '${id}'
prompt = 'Write ${id}(n).'

[[questions.testcases]]
code = 'print(${id}(2))'
expect = '4'
`

export const recording = (id: string) =>
  `${JSON.stringify({ id, completions: [`def ${id}(n):\n    return n\n`, `def ${id}(n):\n    return 2 * n\n`] })}\n`

/** A watch over a folder with two questions. */
export class Watching {
  readonly folder = new TestFolder()
  readonly events: Event[] = []
  readonly #child: ChildProcess
  #rest = ''

  private constructor(pipeline?: string, words: readonly string[] = []) {
    this.folder.write('data/questions/one.toml', question('one'))
    this.folder.write('data/questions/two.toml', question('two'))
    this.folder.write('recording.jsonl', recording('one') + recording('two') + recording('three'))
    this.folder.pipeline(
      pipeline ??
        `
      generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: 2 }),
      clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
      test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),
      report: report({ from: 'data/results/%.toml', to: 'data/report' }),`,
    )
    this.#child = this.folder.start(['watch', '--json', ...words])
    this.#child.stderr?.on('data', (chunk) => console.error(String(chunk)))
    this.#child.stdout?.on('data', (chunk) => {
      const lines = (this.#rest + chunk).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.events.push(JSON.parse(line))
    })
  }

  static async start(pipeline?: string, words: readonly string[] = []): Promise<Watching> {
    const watching = new Watching(pipeline, words)
    await watching.until((events) => events.some(({ type }) => type === 'watching'))
    return watching
  }

  /** Does something and answers the events up to the summary of the round that it caused. */
  async after(act: () => void): Promise<readonly Event[]> {
    const from = this.events.length
    act()
    await this.until((events) => events.slice(from).some(({ type }) => type === 'summary'))
    return this.events.slice(from)
  }

  async until(holds: (events: readonly Event[]) => boolean): Promise<void> {
    for (let waited = 0; !holds(this.events); waited += 10) {
      if (waited > 30_000) throw new Error(`waited in vain; last: ${JSON.stringify(this.events.slice(-5))}`)
      await pause(10)
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT')
    await once(this.#child, 'close')
    this.folder.destroy()
  }
}

export const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms))
