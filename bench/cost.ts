import { cloudflareBillOf } from './cost/cloudflare';
import { ASSUMPTIONS, billOf, type Month, type MonthPriced, MONTHS, normalizedMinutes, SERVICE_PER_VIDEO, storedGigabytes, unitsOf, UPLOAD_PER_GB } from './cost/month';
import { dollarsFor, PRICES, unitPrice, type Price } from './prices';

const dollars = (amount: number): string => `$${amount < 0.1 && amount > 0 ? amount.toPrecision(2) : amount.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',')}`;
const count = (number: number): string => Math.round(number).toLocaleString('en-US');
const priceOf = ([price, upTo]: readonly [number, number], unit: string): string => {
  const text = price < 0.001 ? `$${(price * 1e6).toFixed(2)} per million ${unit}s` : `$${price} per ${unit}`;
  return upTo === Infinity ? text : `${text} up to ${count(upTo)} ${unit === 'GB' ? unit : `${unit}s`}`;
};
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const pricesOf = (names: readonly MonthPriced[]): string[][] => names.map((name) => {
  const { unit, tiers, free, source }: Price = PRICES[name];
  return [name, tiers.map((tier) => priceOf(tier, unit)).join(', '), free ? count(free) : '-', source];
});

const totalOf = (month: Month): number => Object.values(billOf(month)).reduce((sum, each) => sum + each, 0);

export function costTables(): Record<string, string> {
  const months = MONTHS.map((month) => ({ month, units: unitsOf(month), bill: billOf(month) }));
  const names = MONTHS.map(({ name }) => name);
  const cloudflare = MONTHS.map(cloudflareBillOf);
  const rows = Object.keys(months[0].bill);
  const { source, media } = storedGigabytes();
  const minutes = ASSUMPTIONS.minutesPerVideo;
  return {
    'One video of 10 minutes': table(['item', 'amount', 'dollars'], [
      ['transcode', `${count(normalizedMinutes(minutes))} normalized minutes`, dollars(dollarsFor('transcode', normalizedMinutes(minutes)))],
      ['storage of the source file', `${source.toFixed(2)} GB`, `${dollars(source * unitPrice('storage'))} a month`],
      ['storage of the media files (maximum)', `${media.toFixed(2)} GB`, `${dollars(media * unitPrice('storage'))} a month`],
      ['API, functions, table, queue and events, from the upload to `ready`', '', dollars(SERVICE_PER_VIDEO)],
      ['requests for the upload in parts', `${source.toFixed(2)} GB`, dollars(source * UPLOAD_PER_GB)],
    ]),
    'Size': table(['', ...names], [
      ['uploaded videos', ...MONTHS.map(({ videos }) => count(videos))],
      ['users', ...MONTHS.map(({ users }) => count(users))],
      ['views', ...MONTHS.map(({ users, viewsPerUser }) => count(users * viewsPerUser))],
      ['normalized minutes', ...months.map(({ units }) => count(units.transcode))],
      ['stored GB', ...months.map(({ units }) => count(units.storage))],
      ['delivered GB', ...months.map(({ units }) => count(units.delivery))],
      ['CloudFront requests', ...months.map(({ units }) => count(units['CloudFront requests']))],
    ]),
    'Bill of a month': table(['', ...names], [
      ...rows.map((row) => [row, ...months.map(({ bill }) => dollars(bill[row]))]),
      ['**total**', ...MONTHS.map((month) => `**${dollars(totalOf(month))}**`)],
    ]),
    'Cost of the same usage on Cloudflare Stream': table(['', ...names], [
      ['stored minutes', ...cloudflare.map((bill) => count(bill.minutes.stored))],
      ['delivered minutes', ...cloudflare.map((bill) => count(bill.minutes.delivered))],
      ['storage', ...cloudflare.map((bill) => dollars(bill.dollars.stored))],
      ['delivery', ...cloudflare.map((bill) => dollars(bill.dollars.delivered))],
      ['**total**', ...cloudflare.map(({ total }) => `**${dollars(total)}**`)],
    ]),
    'Prices': table(['item', 'price', 'free each month', 'source'], pricesOf(Object.keys(months[0].units) as MonthPriced[])),
  };
}

export function shortCostTable(): string {
  return table(['a month', 'uploads of 10 minutes', 'users', 'views of 6 minutes', 'AWS bill'], MONTHS.map((month) => [
    month.name, count(month.videos), count(month.users), count(month.users * month.viewsPerUser), `about ${dollars(totalOf(month))}`,
  ]));
}

if (require.main === module) {
  console.log(`${shortCostTable()}\n`);
  for (const [name, text] of Object.entries(costTables())) console.log(`${name}\n\n${text}\n`);
}
