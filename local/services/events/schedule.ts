const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** A timer of Node fires at once beyond it. */
const LONGEST = 2 ** 31 - 1;

/** When a rule fires by time; undefined when this machine can't tell, and it fires by a call only. */
export interface Schedule { readonly milliseconds?: number }

/** Reads `rate(...)`; `cron(...)` is accepted, and not understood. */
export function compileSchedule(owner: string, expression: string): Schedule {
  if (/^cron\((\S+ ){5}\S+\)$/.test(expression)) return {};
  const [, digits, unit = '', plural] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const count = Number(digits);
  if (!(count >= 1) || (count === 1) === Boolean(plural)) throw new Error(`${owner}: ScheduleExpression must be rate(...) or cron(...), got ${expression}`);
  const milliseconds = count * UNITS[unit];
  return { milliseconds: milliseconds <= LONGEST ? milliseconds : undefined };
}
