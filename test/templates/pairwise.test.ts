import { combinations } from '../../judges/pairwise/combinations';
import { missingRows } from '../../judges/pairwise/coverage';
import { FACTORS, mayMeet } from '../../judges/pairwise/rules';

test('every public prop has a row in judges/pairwise/props.ts, and a missing row is reported by name', () => {
  expect(missingRows()).toEqual([]);
  const prop = (name: string, fqn?: string) => ({ name, type: { fqn } });
  expect(missingRows([
    { fqn: 'x.ServerlessVodProps', name: 'ServerlessVodProps', datatype: true, properties: [prop('identity'), prop('tags'), prop('webhooks', 'x.VodWebhookOptions')] },
    { fqn: 'x.VodWebhookOptions', name: 'VodWebhookOptions', datatype: true, properties: [prop('url')] },
    { fqn: 'x.VodUploadProps', name: 'VodUploadProps', datatype: true, properties: [prop('catalog'), prop('appOrigins'), prop('signer')] },
  ])).toEqual(['ServerlessVodProps.tags', 'ServerlessVodProps.webhooks', 'VodWebhookOptions.url', 'VodUploadProps.signer']);
});

test('the combinations contain every allowed pair of prop values and no forbidden pair', () => {
  const { rows, pairs } = combinations();
  const met = new Set(rows.flatMap((row) => Object.entries(row).flatMap(([label, way], at, all) => all.slice(at + 1).map(([other, otherWay]) => `${label}=${way} ${other}=${otherWay}`))));
  expect(met.size).toBe(pairs);
  for (const row of rows) {
    const ways = Object.entries(row);
    expect(ways.map(([label]) => label)).toEqual(Object.keys(FACTORS));
    expect(ways.flatMap((one, at) => ways.slice(at + 1).filter((other) => !mayMeet(one, other)).map((other) => [one, other]))).toEqual([]);
  }
});
