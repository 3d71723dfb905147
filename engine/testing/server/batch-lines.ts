/** A batch's input file: its lines, and what OpenAI would find fault with. */

export interface ReadLine {
  readonly custom_id: string
  readonly body: { readonly [key: string]: unknown }
}

export interface Fault {
  readonly code: string
  readonly message: string
  readonly line: number | null
  readonly param: string | null
}

export function readLines(text: string, endpoint: string): { lines: ReadLine[]; faults: Fault[] } {
  const lines: ReadLine[] = []
  const faults: Fault[] = []
  const seen = new Set<string>()
  for (const [place, source] of text.split('\n').entries()) {
    if (source.trim() === '') continue
    const { line, fault } = readLine(source, endpoint)
    const twice = line !== undefined && seen.has(line.custom_id)
    if (fault !== undefined) faults.push({ ...fault, line: place + 1 })
    else if (twice)
      faults.push({
        code: 'duplicate_custom_id',
        message: `The custom_id '${line.custom_id}' is there twice.`,
        line: place + 1,
        param: 'custom_id',
      })
    if (line === undefined) continue
    seen.add(line.custom_id)
    lines.push(line)
  }
  if (lines.length === 0 && faults.length === 0)
    faults.push({ code: 'empty_file', message: 'The input file is empty.', line: null, param: null })
  return { lines, faults }
}

function readLine(
  source: string,
  endpoint: string,
): { line?: ReadLine; fault?: Pick<Fault, 'code' | 'message' | 'param'> } {
  let value: { readonly [key: string]: unknown } | null
  try {
    value = JSON.parse(source)
  } catch {
    return {
      fault: { code: 'invalid_json_line', message: 'This line is not parseable as JSON.', param: null },
    }
  }
  const { custom_id, method, url, body } = value ?? {}
  const fault = (param: string, code: string) => ({
    fault: { code, message: `The ${param} of this line is not valid for this batch.`, param },
  })
  if (typeof custom_id !== 'string' || custom_id === '')
    return fault('custom_id', 'missing_required_parameter')
  if (method !== 'POST') return fault('method', 'invalid_method')
  if (url !== endpoint) return fault('url', 'invalid_url')
  if (typeof body !== 'object' || body === null) return fault('body', 'missing_required_parameter')
  return { line: { custom_id, body: body as ReadLine['body'] } }
}
