/** Strings made to break a writer, many and quick: the same ones for the same seed. */

const pieces = [
  ...["'", "''", "'''", "''''", "'''''", '"', '""', '"""', '""""', '"""""', '`', '\u201d', "'''\n", '"""\n'],
  ...['\\', '\\\\', '\\\n', '\\\n   \n', '\\n', '\\u0041', '\\U0001F600', '\\x41', '\\e', '\\"', "\\'"],
  ...['\r', '\r\n', '\n', '\n\n', '\n\r', '\r\r\n', '\t', ' ', '  \n', '\t\n', '\v', '\f', '\b', '\x1b'],
  ...['\0', '\x01', '\x1a', '\x1f', '\x7f', '\x80', '\x85', '\x9f', '\u00a0', '\u2028', '\u2029', '\ufeff'],
  ...['\n<<<<<<< HEAD\n', '\n||||||| base\n', '\n=======\n', '\n>>>>>>> other\n', '<<<<<<<', '<<<<<<< '],
  ...[
    '\n[[questions]]\n',
    '\n[[questions.completions]]\n',
    "\nid = 'x'\n",
    '\ncompletion = """\n',
    '\n# note\n',
  ],
  ...['#', '[', ']', '=', '{', '}', ',', '.', '-', '+', '_', 'true', 'nan', 'inf', '1', '1979-05-27', '0x1'],
  ...[
    'é',
    'e\u0301',
    '\u0301',
    '漢',
    '😀',
    '👩‍👧',
    '\u200d',
    '\u200f',
    '\u202e',
    '\u2066',
    '\u{10ffff}',
    '\ud7ff\ue000',
  ],
  ...[
    '\ufffd',
    '\ufffe',
    '\uffff',
    'x',
    'None',
    'def f(x):\n    return x\n',
    '    """Doc."""\n',
    "print('''a''')\n",
  ],
]

/** Endless numbers from 0 up to 1, the same for the same seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Endless strings of a few pieces, and now and then of characters from anywhere; a file can hold each. */
export function* stringsFrom(seed: number): Generator<string, never> {
  const next = numbersFrom(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  for (;;) {
    const piece = below(8) === 0 ? () => anyCharacter(below) : () => pieces[below(pieces.length)] ?? ''
    yield Array.from({ length: below(8) }, piece).join('')
  }
}

function anyCharacter(below: (limit: number) => number): string {
  const code = below([0x80, 0x3000, 0x110000][below(3)] ?? 0)
  return code >= 0xd800 && code < 0xe000 ? '' : String.fromCodePoint(code)
}
