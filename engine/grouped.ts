/** 3001 → '3,001'. By hand: the first `toLocaleString` of a process takes 20 to 100 ms, and nearly every run says a number. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
