// The graph, to be read like a Makefile. Change it freely: a run does only what your change made necessary.
//
// Each stage reads files and writes files; % stands for a file's name. With a key in OPENAI_API_KEY, put
//     provider: openai({ model: 'gpt-4o-mini' })
// in the place of recorded(…), which replays the answers that lie in data/sample.
import { clean, generate, pipeline, recorded, report, test } from './stages/index.ts'

export default pipeline({
  generate: generate({
    from: 'data/questions/%.toml',
    to: 'data/completions/%.toml',
    provider: recorded('data/sample/completions.jsonl'),
    n: 5,
    temperature: 0.9,
    maxTokens: 512,
  }),
  clean: clean({
    from: 'data/completions/%.toml',
    to: 'data/cleaned/%.toml',
    questions: 'data/questions/%.toml', // named in messages: where a change made in data/cleaned belongs
  }),
  test: test({
    from: 'data/cleaned/%.toml',
    to: 'data/results/%.toml',
    sandbox: 'auto',
    cpuSeconds: 5,
    memoryMB: 512,
  }),
  report: report({
    from: 'data/results/%.toml',
    to: 'data/report',
    completions: 'data/completions/%.toml', // so that the page shows what became of each answer
  }),
})
