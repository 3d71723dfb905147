/** The open question: what was asked, what went wrong most, and its completions. */

/** The block that is shown, so that a page which came anew leaves alone what did not change. */
let shownBlock = ''
/** @type {Opened | undefined} */
let opened

/**
 * @param {string} base64
 * @returns {Promise<Opened>}
 */
async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return await new Response(stream).json()
}

/**
 * Shows the question of the address; gives whether it is another than before.
 * @param {State} state
 * @param {Row} row
 */
async function showQuestion(state, row) {
  const packed = byId(`blob-${row.sorts['order']}`, HTMLScriptElement).text
  const key = `${row.chain}\n${row.id}\n${packed}`
  const other = key !== shownBlock
  if (other) {
    const unpackedNow = await unpacked(packed)
    // While it was unpacked another may have been opened.
    if (stateOf().q !== state.q || stateOf().of !== state.of) return false
    shownBlock = key
    opened = unpackedNow
    byId('opened', HTMLElement).replaceChildren(...questionParts(row, opened))
  }
  if (opened) showCompletions(state, opened)
  return other
}

/**
 * @param {Row} row
 * @param {Opened} opened
 */
function questionParts({ id, chain, element }, opened) {
  const { prompt, preload, facts, testcases, files } = opened
  return [
    el(
      'nav',
      { 'aria-label': 'Questions' },
      button('close', '← All questions'),
      button('previous', 'Previous'),
      button('next', 'Next'),
    ),
    el('h2', { tabindex: '-1', id: 'opened-title' }, id, chain !== '' && el('span', { class: 'tag' }, chain)),
    el('p', { class: 'facts' }, factsOfRow(element, opened)),
    el('section', { 'aria-labelledby': 'why' }, el('h3', { id: 'why' }, 'What went wrong'), reasons(opened)),
    el(
      'section',
      { 'aria-labelledby': 'asked' },
      el('h3', { id: 'asked' }, 'Prompt'),
      el('div', { class: 'prompt' }, prompt.trim()),
      preload !== '' && labelled('answer preload', block(preload, 'Answer preload')),
      facts.length > 0 && factList(facts),
      ...files.map(({ name, text }) =>
        el('details', {}, el('summary', {}, `File ${name}`), block(text, name)),
      ),
    ),
    testcases.length > 0 &&
      el(
        'section',
        { 'aria-labelledby': 'cases' },
        el('h3', { id: 'cases' }, 'Test cases'),
        testCaseTable(opened),
      ),
    el(
      'section',
      { 'aria-labelledby': 'completions-title' },
      el('h3', { id: 'completions-title' }, 'Completions'),
      completionControls(opened),
      el('div', { id: 'completions' }),
    ),
  ].filter((part) => part !== false)
}

/**
 * @param {string} id
 * @param {string} text
 */
function button(id, text) {
  return el('button', { type: 'button', id }, text)
}

/**
 * @param {HTMLTableRowElement} element
 * @param {Opened} opened
 */
function factsOfRow(element, { completions }) {
  const [, average, passAt1, passed] = [...element.cells].map(({ textContent }) => textContent?.trim() ?? '')
  return [
    `${passed} passed`,
    `average ${average}`,
    `pass@1 ${passAt1}`,
    counted(completions.length, 'completion'),
    element.dataset['file'] ?? '',
  ].join(' · ')
}

/** How many reasons are told. */
const mostReasons = 6

/**
 * Runs that ended alike, counted: of an error its last line, of a wrong output the first line that differs.
 * @param {Opened} opened
 */
function reasons({ completions }) {
  const found = completions.flatMap(({ runs, verdicts }, index) =>
    verdicts.includes('no-code')
      ? [{ what: 'no code in the answer', number: index + 1 }]
      : [...new Set(runs.map(reasonOf))].map((what) => ({ what, number: index + 1 })),
  )
  const sorted = tallied(found.map(({ what }) => what))
  if (sorted.length === 0) return el('p', {}, 'Nothing.')
  const items = sorted.slice(0, mostReasons).map(([what, times]) => {
    const first = found.find((reason) => reason.what === what)?.number
    return el(
      'li',
      {},
      el('span', { class: 'number' }, `${times}×`),
      el('code', {}, what),
      el(
        'button',
        { type: 'button', class: 'quiet', 'data-completion': String(first) },
        `completion ${first}`,
      ),
    )
  })
  const left = sorted.length - mostReasons
  return el(
    'div',
    {},
    el('ul', { class: 'reasons' }, ...items),
    left > 0 && el('p', { class: 'faint' }, `and ${counted(left, 'other reason')}`),
  )
}

/** @param {Run} run */
function reasonOf({ testcase, verdict, error, diff, got }) {
  const last = error?.trim().split('\n').at(-1)
  if (verdict === 'error' && last) return short(last)
  if (verdict !== 'failed') return verdict
  const printed = linesOfDiff(diff ?? '')
  const wanted = printed.find(({ kind }) => kind === 'gone')?.text
  const came = printed.find(({ kind }) => kind === 'new')?.text
  if (diff === undefined) return `test case ${testcase}: ${got === undefined ? 'nothing printed' : 'failed'}`
  return short(
    `test case ${testcase}: expected ${wanted ?? 'nothing more'}, printed ${came ?? 'nothing more'}`,
  )
}

/** @param {string} text */
function short(text) {
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`
}

/** @param {Opened} opened */
function testCaseTable({ testcases, completions }) {
  const tested = completions.filter(({ verdicts }) => verdicts.length === testcases.length)
  const rowsOfCases = testcases.map(({ code, stdin, expect }, index) => {
    const passed = tested.filter(({ verdicts }) => verdicts[index] === 'passed').length
    return el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'number' }, `${index + 1}`),
      el(
        'td',
        { class: tested.length > 0 && passed === 0 ? 'number never' : 'number' },
        tested.length === 0 ? '–' : `${passed} of ${tested.length}`,
      ),
      el('td', {}, el('code', {}, code)),
      el('td', {}, el('code', {}, stdin)),
      el(
        'td',
        {},
        expect === undefined ? el('span', { class: 'faint' }, 'exit status 0') : el('code', {}, expect),
      ),
    )
  })
  const names = ['#', 'Passed by', 'Code', 'Standard input', 'Expected']
  const head = el('thead', {}, el('tr', {}, ...names.map((name) => el('th', { scope: 'col' }, name))))
  return el(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Test cases' },
    el('table', { class: 'cases' }, head, el('tbody', {}, ...rowsOfCases)),
  )
}

/** @param {Opened} opened */
function completionControls({ completions }) {
  const verdicts = tallied(completions.flatMap((completion) => [...new Set(kindsOf(completion))]))
  return el(
    'form',
    { class: 'filters', 'aria-label': 'Completions' },
    el(
      'label',
      {},
      'With ',
      el(
        'select',
        { id: 'verdict' },
        el('option', { value: '' }, 'any verdict'),
        ...verdicts.map(([verdict, times]) => el('option', { value: verdict }, `${verdict} (${times})`)),
      ),
    ),
    el(
      'label',
      {},
      'Sorted by ',
      el(
        'select',
        { id: 'order' },
        el('option', { value: 'number' }, 'number'),
        el('option', { value: 'worst' }, 'worst first'),
        el('option', { value: 'best' }, 'best first'),
      ),
    ),
    el('output', { id: 'shown-completions', 'aria-live': 'polite' }),
  )
}

/**
 * What a completion can be filtered by.
 * @param {Completion} completion
 */
function kindsOf(completion) {
  const { verdicts, skip, share } = completion
  const whole = share === 1 ? ['passed all'] : []
  return [
    ...whole,
    ...verdicts.filter((verdict) => verdict !== 'passed'),
    ...(skip ? ['skipped'] : []),
    ...tagsOf(completion),
  ]
}

/**
 * @param {State} state
 * @param {Opened} opened
 */
function showCompletions({ verdict, order, c }, opened) {
  byId('verdict', HTMLSelectElement).value = verdict
  byId('order', HTMLSelectElement).value = order
  const turn = order === 'worst' ? 1 : -1
  const shareOf = (/** @type {number} */ index) => opened.completions[index]?.share ?? 2
  const numbers = opened.completions.flatMap((completion, index) =>
    verdict === '' || kindsOf(completion).includes(verdict) ? [index] : [],
  )
  if (order !== 'number') numbers.sort((a, b) => turn * (shareOf(a) - shareOf(b)))
  const list = byId('completions', HTMLElement)
  const made = new Map(
    [...list.querySelectorAll('details[name]')].map((item) => [item.getAttribute('data-number'), item]),
  )
  const items = numbers.map((index) => made.get(`${index + 1}`) ?? completionItem(opened, index))
  if (items.length !== list.children.length || items.some((item, index) => item !== list.children[index]))
    list.replaceChildren(...items)
  byId('shown-completions', HTMLElement).textContent =
    `${numbers.length} of ${counted(opened.completions.length, 'completion')}`
  for (const item of items)
    if (item instanceof HTMLDetailsElement && item.open !== (item.dataset['number'] === c))
      item.open = !item.open
}
