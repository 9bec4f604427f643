const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** Node's longest timer delay. A timer with a longer delay fires immediately. */
const LONGEST = 2 ** 31 - 1;

/** Without an interval, a rule fires only on request. */
export interface Schedule { readonly milliseconds?: number }

/** A rule with `cron(...)` never fires automatically. */
export function compileSchedule(owner: string, expression: string): Schedule {
  if (/^cron\((\S+ ){5}\S+\)$/.test(expression)) return {};
  const [, digits, unit = '', plural] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const count = Number(digits);
  if (!(count >= 1) || (count === 1) === Boolean(plural)) throw new Error(`${owner}: ScheduleExpression: expected rate(...) or cron(...), got ${expression}`);
  const milliseconds = count * UNITS[unit];
  return { milliseconds: milliseconds <= LONGEST ? milliseconds : undefined };
}
