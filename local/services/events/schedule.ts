const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** Node's longest timer delay. A timer with a longer delay fires immediately. */
const LONGEST = 2 ** 31 - 1;

/** A rule without `milliseconds` never fires automatically. `cron(...)` and an interval of more than `LONGEST` create such a rule. */
export interface Schedule { readonly milliseconds?: number }

export function compileSchedule(owner: string, expression: string): Schedule {
  if (/^cron\((\S+ ){5}\S+\)$/.test(expression)) return {};
  const [, digits, unit = '', plural] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const count = Number(digits);
  if (!(count >= 1) || (count === 1) === Boolean(plural)) throw new Error(`${owner}: ScheduleExpression: expected a form such as rate(1 minute), rate(5 minutes) or cron(0 12 * * ? *), got ${expression}`);
  const milliseconds = count * UNITS[unit];
  return { milliseconds: milliseconds <= LONGEST ? milliseconds : undefined };
}
