/** Texts made to break a file, and questions full of them, for tests of all that the report writes. */
import type { Question } from '../../questions/model.ts'

/** Each with what a CSV cell holds of it. */
export const hostile: readonly (readonly [text: string, cell: string])[] = [
  ['</script><script>alert(1)</script>', '</script><script>alert(1)</script>'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  [
    '</failure></testcase>]]><![CDATA[ <!-- &lt; &nbsp;',
    '</failure></testcase>]]><![CDATA[ <!-- &lt; &nbsp;',
  ],
  ['\x1b[31mred\x1b[2J\x07', '\\x1b[31mred\\x1b[2J\\x07'],
  ['nul\x00nul', 'nul\\x00nul'],
  ['\u202egnp.exe \u200f\u2066 ש', '\u202egnp.exe \u200f\u2066 ש'],
  ['not in XML: \x0b \ufffe \uffff \u{1fffe}', 'not in XML: \\x0b \ufffe \uffff \u{1fffe}'],
  ['lines\u2028and\u2029and\x85', 'lines\u2028and\u2029and\x85'],
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\t=1', "'\t=1"],
  ['\r=1', "'\r=1"],
  ['"quoted", and\ntwo lines\r\n', '"quoted", and\ntwo lines\r\n'],
  ['", =1+1\n=2', '", =1+1\n=2'],
  ['| a | b |\\| c \\\\| d \\', '| a | b |\\| c \\\\| d \\'],
  ['`` ` ``` ~~~ |', '`` ` ``` ~~~ |'],
  [
    '[a](javascript:alert(1)) ![b](//x/y.png) <https://x.example> [c]: /u',
    '[a](javascript:alert(1)) ![b](//x/y.png) <https://x.example> [c]: /u',
  ],
  [
    '@somebody #123 GH-1 owner/name#5 https://x.example www.x.example',
    "'@somebody #123 GH-1 owner/name#5 https://x.example www.x.example",
  ],
  ['**bold** _em_ ~~gone~~ $x$ :tada:', '**bold** _em_ ~~gone~~ $x$ :tada:'],
  ['# heading', '# heading'],
  ['\n\n# heading\n\n- item\n', '\n\n# heading\n\n- item\n'],
  [' ', ' '],
  ['  ', '  '],
  [' between ', ' between '],
  ['＝1', "'＝1"],
]
/** What a program may print that does not stop. */
const megabytes = '<img onerror=x>\x1b[31m\x00]]>\n'.repeat(400_000)

/** A question named by such a text, and with it wherever a person or a model writes. */
export const questions = hostile.map(
  ([text]): Question => ({
    id: text,
    prompt: text,
    testcases: [
      { code: text, stdin: text, expect: text },
      { code: '', stdin: '' },
    ],
    support_files: [],
    completions: [
      { completion: text, results: [true, true], verdicts: ['passed', 'passed'] },
      {
        completion: text,
        note: text,
        response: { model: text, finish: text },
        results: [false, false],
        verdicts: ['failed', 'error'],
        runs: [
          { testcase: 1, verdict: 'failed', got: text, diff: `- ${text}\n+ ${text}` },
          { testcase: 2, verdict: 'error', got: megabytes, error: `${megabytes}\n${text}`, status: 1 },
        ],
      },
      { completion: text, skip: true },
      {
        completion: text,
        results: [false, true],
        verdicts: ['crashed', 'passed'],
        runs: [{ testcase: 1, verdict: 'crashed', got: megabytes }],
      },
    ],
  }),
)

/** A name for a chain. */
export const hostileChain = '=<&|`\x00"\n'
