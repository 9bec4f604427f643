import fc from 'fast-check';
import { monthBefore, monthOf } from '../../src/domain/months';

describe('months', () => {
  test('are those of UTC', () => {
    expect(monthOf(new Date('2026-12-31T23:59:59.999-01:00'))).toBe('2027-01');
    expect(monthOf(new Date('2027-01-01T00:30:00.000+01:00'))).toBe('2026-12');
  });

  test('go back one at a time', () => {
    expect(monthBefore('2027-01')).toBe('2026-12');
    expect(monthBefore('2026-12')).toBe('2026-11');
    expect(monthBefore('2026-10')).toBe('2026-09');
    fc.assert(fc.property(fc.integer({ min: 2026, max: 2999 }), fc.integer({ min: 1, max: 12 }), (year, number) => {
      const month = `${year}-${String(number).padStart(2, '0')}`;
      expect(monthBefore(month)).toBe(monthOf(new Date(new Date(`${month}-01T00:00:00.000Z`).getTime() - 1)));
    }));
  });
});
