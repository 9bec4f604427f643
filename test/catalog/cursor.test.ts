import fc from 'fast-check';
import { ownedCursors, ownedTaggedCursors, publishedCursors, taggedCursors, titledCursors } from '../../src/catalog/cursor.runtime';
import { fold } from '../../src/domain/fold';

const ID = '019aa000-0000-7000-8000-000000000001';
const PUBLICATION = { publishedAt: '2026-11-22T10:00:00.000Z', videoId: ID };
const wrap = (text: string, version = 1) => Buffer.concat([Buffer.from([version]), Buffer.from(text)]).toString('base64url');

describe('cursors', () => {
  const moments = fc.date({ min: new Date('2026-11-01T00:00:00.000Z'), max: new Date('2999-12-31T23:59:59.999Z'), noInvalidDate: true });

  test('a cursor is the same after a round trip', () => {
    fc.assert(fc.property(moments, fc.uuid(), (moment, videoId) => {
      const publishedAt = moment.toISOString();
      expect(publishedCursors.parse(publishedCursors.of({ publishedAt, videoId }))).toEqual({ publishedAt, videoId });
      expect(ownedCursors.parse(ownedCursors.of({ videoId }))).toEqual({ videoId });
    }));
  });

  test('a cursor of a list by title is the same after a round trip', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.uuid(), (text, videoId) => {
      const title = fold(text);
      fc.pre(title !== '');
      const cursor = titledCursors(title).of({ title, videoId });
      expect(cursor.length).toBeLessThanOrEqual(1024);
      expect(titledCursors(title).parse(cursor)).toEqual({ title, videoId });
      expect(titledCursors(`${title}x`).parse(cursor)).toBeUndefined();
    }));
  });

  const lists = {
    published: publishedCursors, tagged: taggedCursors, owned: ownedCursors, ownedTagged: ownedTaggedCursors, titled: titledCursors('a'),
  } as const;
  test.each(Object.entries(lists))('rejects a cursor of the list %s in all other lists', (name, cursors) => {
    const cursor = (cursors.of as (position: object) => string)({ ...PUBLICATION, title: 'a b' });
    const accepting = Object.entries(lists).filter(([, { parse }]) => parse(cursor) !== undefined).map(([other]) => other);
    expect(accepting).toEqual([name]);
  });

  test.each([
    ['another prefix', wrap(`nb\t${ID}`)],
    ['a title that is too long', wrap(`n${'a'.repeat(257)}\t${ID}`)],
    ['a control character in the title', wrap(`na\u0000\t${ID}`)],
    ['a second tab', wrap(`na\t\t${ID}`)],
    ['no id', wrap('na\t')],
    ['no title', wrap(`n\t${ID}`)],
    ['a line after it', wrap(`na\t${ID}\n`)],
    ['invalid UTF-8', Buffer.concat([Buffer.from([1]), Buffer.from('na'), Buffer.from([0xff]), Buffer.from(`\t${ID}`)]).toString('base64url')],
  ])('rejects a cursor of a list by title with %s', (_, cursor) => {
    expect(titledCursors('a').parse(wrap(`na b\t${ID}`))).toEqual({ title: 'a b', videoId: ID });
    expect(titledCursors('a').parse(cursor)).toBeUndefined();
  });

  test('cursors are short and contain only characters that are safe in a URL', () => {
    const cursor = publishedCursors.of(PUBLICATION);
    expect(cursor).toMatch(/^[\w-]{1,100}$/);
  });

  test('rejects forged cursors', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url'))), (text) => {
      expect(publishedCursors.parse(text)).toBeUndefined();
      expect(ownedCursors.parse(text)).toBeUndefined();
      expect(titledCursors('').parse(text)).toBeUndefined();
    }));
  });

  test.each([
    ['another version', wrap(`o${ID}`, 2)],
    ['padding', `${wrap(`o${ID}`)}=`],
    ['text around it', ` ${wrap(`o${ID}`)}`],
    ['an owner in it', wrap(`o${ID}#somebody`)],
    ['the other list\'s form', publishedCursors.of(PUBLICATION)],
    ['an id in upper case', wrap(`o${ID.toUpperCase()}`)],
  ])('rejects a cursor of an owner\'s list with %s', (_, cursor) => {
    expect(ownedCursors.parse(wrap(`o${ID}`))).toEqual({ videoId: ID });
    expect(ownedCursors.parse(cursor)).toBeUndefined();
  });

  test.each([
    ['a month 13', wrap(`p2026-13-01T00:00:00.000Z#${ID}`)],
    ['a month alone', wrap('p2026-11')],
    ['a 31st of February', wrap(`p2027-02-31T00:00:00.000Z#${ID}`)],
    ['no id', wrap('p2027-02-01T00:00:00.000Z')],
    ['a line after it', wrap(`p2026-11-22T10:00:00.000Z#${ID}\n`)],
    ['the other list\'s form', ownedCursors.of({ videoId: ID })],
  ])('rejects a cursor of the published list with %s', (_, cursor) => {
    expect(publishedCursors.parse(wrap(`p2026-11-22T10:00:00.000Z#${ID}`))).toEqual(PUBLICATION);
    expect(publishedCursors.parse(cursor)).toBeUndefined();
  });
});
