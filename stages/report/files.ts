/** What a report can consist of. */
export const reportFiles = [
  'results.csv',
  'testcases.csv',
  'summary.json',
  'summary.txt',
  'report.md',
  'junit.xml',
  'samples.jsonl',
  'report.html',
] as const
export type ReportFile = (typeof reportFiles)[number]
