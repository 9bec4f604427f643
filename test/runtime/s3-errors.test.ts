import { objectRejection } from '../../src/runtime/s3-errors';

const answer = (httpStatusCode?: number) => Object.assign(new Error('S3 said no'), { $metadata: { httpStatusCode } });

test.each([
  ['a missing object', answer(404), 'gone'],
  ['an object with another ETag', answer(412), 'gone'],
  ['a denied request', answer(403), 'denied'],
  ['an overloaded S3', answer(503), undefined],
  ['a response without a status', answer(), undefined],
  ['a timeout, which has no response', new Error('The operation was aborted'), undefined],
])('%s', (_, error, rejection) => {
  expect(objectRejection(error)).toBe(rejection);
});
