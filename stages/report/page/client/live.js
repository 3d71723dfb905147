/**
 * The page as a server gives it: when it says that the report changed, the page fetches itself and takes over what is new,
 * without a reload, so that scroll place, focus and what is open stay. Opened from a file, none of this happens.
 */
import { byId } from './dom.js'
import { linkIn, readRows, rows } from './list.js'

/** @param {() => Promise<void>} redraw shows again what the address says */
export function followServer(redraw) {
  if (!location.protocol.startsWith('http')) return
  const source = new EventSource('events')
  const mark = byId('live', HTMLElement)
  source.addEventListener('open', () => {
    mark.textContent = 'live'
    mark.className = 'on'
  })
  source.addEventListener('error', () => {
    mark.textContent = 'connection lost'
    mark.className = 'lost'
  })
  const changed = () => void takeOver(redraw)
  source.addEventListener('changed', changed)
  source.addEventListener('message', ({ data }) => data === 'changed' && changed())
}

let taking = false
let again = false

/**
 * One at a time: what comes meanwhile is fetched once, afterwards.
 * @param {() => Promise<void>} redraw
 */
async function takeOver(redraw) {
  if (taking) {
    again = true
    return
  }
  taking = true
  try {
    const response = await fetch(location.pathname, { cache: 'no-store' })
    if (response.ok)
      await replaceBy(new DOMParser().parseFromString(await response.text(), 'text/html'), redraw)
  } catch {
    // The connection's end is said by the stream.
  }
  taking = false
  if (again) {
    again = false
    await takeOver(redraw)
  }
}

/**
 * @param {Document} page
 * @param {() => Promise<void>} redraw
 */
async function replaceBy(page, redraw) {
  if (policyOf(page) !== policyOf(document)) return location.reload()
  const [x, y] = [scrollX, scrollY]
  const focused = document.activeElement
  const place = focused && placeOf(focused)
  for (const id of ['overview', 'questions', 'blobs']) {
    const [here, came] = [document.getElementById(id), page.getElementById(id)]
    if (!here || !came) continue
    const folds = [...here.querySelectorAll('details')]
    for (const [index, fold] of came.querySelectorAll('details').entries())
      fold.open = folds[index]?.open ?? false
    here.replaceWith(document.adoptNode(came))
  }
  readRows()
  await redraw()
  if (place && !focused.isConnected) place()?.focus({ preventScroll: true })
  scrollTo(x, y)
}

/** Another policy means another program or style. @param {Document} page */
function policyOf(page) {
  return page.querySelector('meta[http-equiv]')?.getAttribute('content')
}

/**
 * Finds again what stands where this stood.
 * @param {Element} element
 * @returns {() => HTMLElement | null | undefined}
 */
function placeOf(element) {
  const row = rows.find((candidate) => candidate.element.contains(element))
  if (row)
    return () =>
      linkIn(rows.find(({ id, chain }) => id === row.id && chain === row.chain)?.element ?? document.body)
  const { id } = element
  const sort = element instanceof HTMLElement ? element.dataset['sort'] : undefined
  if (sort) return () => document.querySelector(`button[data-sort=${sort}]`)
  return () => (id === '' ? undefined : document.getElementById(id))
}
