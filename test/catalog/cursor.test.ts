import fc from 'fast-check';
import { ownedCursor, parseOwnedCursor, parsePublishedCursor, publishedCursor } from '../../src/catalog/cursor.runtime';

const ID = '019aa000-0000-7000-8000-000000000001';
const PUBLICATION = { publishedAt: '2026-11-22T10:00:00.000Z', videoId: ID };
const wrap = (text: string, version = 1) => Buffer.concat([Buffer.from([version]), Buffer.from(text)]).toString('base64url');

describe('cursors', () => {
  const moments = fc.date({ min: new Date('2026-11-01T00:00:00.000Z'), max: new Date('2999-12-31T23:59:59.999Z'), noInvalidDate: true });

  test('a cursor is the same after a round trip', () => {
    fc.assert(fc.property(moments, fc.uuid(), (moment, videoId) => {
      const publishedAt = moment.toISOString();
      expect(parsePublishedCursor(publishedCursor({ publishedAt, videoId }))).toEqual({ publishedAt, videoId });
      expect(parseOwnedCursor(ownedCursor({ videoId }))).toEqual({ videoId });
    }));
  });

  test('cursors are short and contain only characters that are safe in a URL', () => {
    const cursor = publishedCursor(PUBLICATION);
    expect(cursor).toMatch(/^[\w-]{1,100}$/);
  });

  test('rejects forged cursors', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url'))), (text) => {
      expect(parsePublishedCursor(text)).toBeUndefined();
      expect(parseOwnedCursor(text)).toBeUndefined();
    }));
  });

  test.each([
    ['another version', wrap(`o${ID}`, 2)],
    ['padding', `${wrap(`o${ID}`)}=`],
    ['text around it', ` ${wrap(`o${ID}`)}`],
    ['an owner in it', wrap(`o${ID}#somebody`)],
    ['the other list\'s form', publishedCursor(PUBLICATION)],
    ['an id in upper case', wrap(`o${ID.toUpperCase()}`)],
  ])('rejects a cursor of an owner\'s list with %s', (_, cursor) => {
    expect(parseOwnedCursor(wrap(`o${ID}`))).toEqual({ videoId: ID });
    expect(parseOwnedCursor(cursor)).toBeUndefined();
  });

  test.each([
    ['a month 13', wrap(`p2026-13-01T00:00:00.000Z#${ID}`)],
    ['a month alone', wrap('p2026-11')],
    ['a 31st of February', wrap(`p2027-02-31T00:00:00.000Z#${ID}`)],
    ['no id', wrap('p2027-02-01T00:00:00.000Z')],
    ['a line after it', wrap(`p2026-11-22T10:00:00.000Z#${ID}\n`)],
    ['the other list\'s form', ownedCursor({ videoId: ID })],
  ])('rejects a cursor of the published list with %s', (_, cursor) => {
    expect(parsePublishedCursor(wrap(`p2026-11-22T10:00:00.000Z#${ID}`))).toEqual(PUBLICATION);
    expect(parsePublishedCursor(cursor)).toBeUndefined();
  });
});
