import { isKnownEverywhere } from '../../../src/runtime/signing/signing-key-age';

test.each([[0, false], [14 * 60_000 + 59_999, false], [15 * 60_000, true], [-60_000, false]])('a key is known everywhere %d ms after its creation: %s', (age, known) => {
  const made = new Date('2026-11-02T10:00:00.000Z');
  expect(isKnownEverywhere(made.toISOString(), new Date(made.getTime() + age))).toBe(known);
});
