import { readableBytes } from '../../src/domain/readable';

test.each([[0, '0 bytes'], [1, '1 byte'], [1000, '1000 bytes'], [1024, '1 KiB'], [5 * 1024 ** 3, '5 GiB'], [5 * 1024 ** 3 + 1, '5.01 GiB'], [2 ** 53, '8192 TiB']])('formats %i bytes as %s', (bytes, text) => {
  expect(readableBytes(bytes)).toBe(text);
});
