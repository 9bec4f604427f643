import { readFileSync } from 'fs';
import { join } from 'path';
import { costTables, shortCostTable } from '../bench/cost';
import { MONTHS, normalizedMinutes, unitsOf } from '../bench/cost/month';
import { dollarsFor } from '../bench/prices';

const page = readFileSync(join(__dirname, '..', 'docs', 'cost.md'), 'utf8');

test.each(Object.entries(costTables()))('docs/cost.md has the table "%s" as `npm run cost` prints it', (_, table) => {
  expect(page).toContain(`\n${table}\n`);
});

describe('README', () => {
  const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');

  test('has the short table', () => {
    expect(readme).toContain(`\n${shortCostTable()}\n`);
  });

  test('compares the price of the medium month that the page has', () => {
    const [, medium] = /^\| \*\*total\*\* \| \S+ \| \*\*(\S+)\*\* \|/m.exec(page)!;
    expect(readme).toMatch(new RegExp(`^\\| price of the medium month .*\\| \\${medium} \\|`, 'm'));
  });
});

test('ten minutes of 1080p are 70 normalized minutes', () => {
  expect(normalizedMinutes(10)).toBe(70);
});

test('a price applies from the end of the free units, tier by tier', () => {
  expect(dollarsFor('users', 10_000)).toBe(0);
  expect(dollarsFor('transcode', 100_001)).toBeCloseTo(750.0053);
  expect(dollarsFor('delivery', 20_000)).toBeCloseTo((10_240 - 1024) * 0.085 + (20_000 - 10_240) * 0.08);
  expect(() => dollarsFor('transcode', 2_000_000)).toThrow('no price is known');
});

test('delivered bytes are viewed seconds times the bitrate', () => {
  expect(unitsOf(MONTHS[0]).delivery).toBeCloseTo(2_000 * 360 * 4e6 / 8 / 1e9);
});
