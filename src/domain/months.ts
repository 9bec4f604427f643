/** Regular expression for a month within a longer text. */
export const MONTH = '\\d{4}-(?:0[1-9]|1[0-2])';

/** The UTC month of a moment, such as `2026-11`. Sorts as text does. */
export function monthOf(time: Date): string {
  return time.toISOString().slice(0, 7);
}

/** The month before. */
export function monthBefore(month: string): string {
  const [year, number] = month.split('-').map(Number);
  return number === 1 ? `${String(year - 1).padStart(4, '0')}-12` : `${month.slice(0, 4)}-${String(number - 1).padStart(2, '0')}`;
}
