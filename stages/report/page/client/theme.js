/**
 * Light or dark: the system's choice, or the reader's. It belongs to the reader and not to what is read, so it is in the
 * browser's memory and not in the address.
 */
import { byId } from './dom.js'

const kept = 'codex-runner-theme'
const themes = ['system', 'light', 'dark']

export function showTheme() {
  byId('theme', HTMLElement).hidden = false
  setTheme(stored())
}

export function nextTheme() {
  const now = document.documentElement.dataset['theme'] ?? ''
  setTheme(themes[(themes.indexOf(now) + 1) % themes.length] ?? 'system')
}

/** @param {string} theme */
function setTheme(theme) {
  document.documentElement.dataset['theme'] = theme
  byId('theme', HTMLElement).textContent = `Theme: ${theme}`
  try {
    localStorage.setItem(kept, theme)
  } catch {
    // A browser may keep nothing for files; then each page begins with the system's.
  }
}

function stored() {
  try {
    const theme = localStorage.getItem(kept) ?? ''
    return themes.includes(theme) ? theme : 'system'
  } catch {
    return 'system'
  }
}
