import { startAwsEndpoint, type AwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { createInvokeCall } from '../../../local/functions/invoke-call';
import { fakeAccess, fakeStack, resource } from '../fakes';

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:tell';

describe('the local command that invokes a function', () => {
  let awsEndpoint: AwsEndpoint;
  const invoke = jest.fn();
  const call = (name: string, body = '{"source":"table"}', method = 'POST') => fetch(`http://127.0.0.1:${awsEndpoint.port}/`, { method, headers: { 'x-local-invoke': name }, body: method === 'POST' ? body : undefined });

  beforeAll(async () => {
    awsEndpoint = await startAwsEndpoint({ access: fakeAccess() });
    awsEndpoint.register(createInvokeCall({ stack: fakeStack([resource('AWS::Lambda::Function', 'tell', {}, ARN)]), functions: { invoke } }).service);
  });
  afterAll(() => awsEndpoint.stop());
  beforeEach(() => invoke.mockReset().mockResolvedValue({ payload: { sent: 1 } }));

  it('returns the function\'s result', async () => {
    const response = await call('tell');
    expect([response.status, response.headers.get('x-amz-function-error'), await response.json()]).toEqual([200, null, { sent: 1 }]);
    expect(invoke).toHaveBeenCalledWith(ARN, { source: 'table' });
    expect((await call(ARN)).status).toBe(200);
  });

  it('reports a failure of the function as Lambda does', async () => {
    invoke.mockResolvedValue({ error: { errorType: 'Error', errorMessage: 'no bus' } });
    const response = await call('tell');
    expect([response.status, response.headers.get('x-amz-function-error'), await response.json()]).toEqual([200, 'Unhandled', { errorType: 'Error', errorMessage: 'no bus' }]);
  });

  it('rejects an unknown function and an invalid payload', async () => {
    invoke.mockRejectedValueOnce(new Error('a fault'));
    const statuses = [await call('tell'), await call('other'), await call('tell', 'no JSON'), await call('tell', '', 'GET')].map(({ status }) => status);
    expect(statuses).toEqual([500, 404, 400, 403]);
    expect(invoke).toHaveBeenCalledTimes(1);
  });
});
