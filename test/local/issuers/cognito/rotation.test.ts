import { setTimeout as wait } from 'timers/promises';
import { Browser, exchange, signIn, started, stopAll, token, type Pool } from './fixture';

afterEach(stopAll);

const rotating = (seconds?: number) => ({
  RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: seconds }, ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
});
const refused = { status: 400, body: { error: 'invalid_grant' } };

async function signedIn(pool: Pool): Promise<string> {
  const { body } = await exchange(pool, (await signIn({ browser: new Browser(pool.base) })).searchParams.get('code')!);
  return body.refresh_token;
}
const refresh = (pool: Pool, refresh_token: string) => token(pool, { grant_type: 'refresh_token', refresh_token });
const rotated = async (pool: Pool, from: string): Promise<string> => {
  const { status, body } = await refresh(pool, from);
  expect([status, Object.keys(body).sort()]).toEqual([200, ['access_token', 'expires_in', 'id_token', 'refresh_token', 'token_type']]);
  expect(body.refresh_token).not.toBe(from);
  return body.refresh_token;
};
const revoke = async ({ base, secret }: Pool, refresh_token: string) => {
  const headers = { authorization: `Basic ${Buffer.from(`client1:${secret}`).toString('base64')}` };
  expect((await fetch(`${base}/oauth2/revoke`, { method: 'POST', headers, body: new URLSearchParams({ token: refresh_token }) })).status).toBe(200);
};

describe('refresh-token rotation', () => {
  test('returns a new token each time; the old token is accepted during the grace period, and later rejected without other effects', async () => {
    const pool = await started({ client: rotating(2) });
    const first = await signedIn(pool);
    const second = await rotated(pool, first);
    const begin = Date.now();
    const [third, fourth] = await Promise.all([rotated(pool, first), rotated(pool, first)]);
    await wait(1000);
    await rotated(pool, first);
    // The second use of a refresh token does not extend its grace period.
    await wait(begin + 2200 - Date.now());
    for (let times = 0; times < 2; times += 1) expect(await refresh(pool, first)).toMatchObject(refused);
    for (const other of [second, third, fourth]) await rotated(pool, other);
  });

  test('has no grace period by default', async () => {
    const pool = await started({ client: rotating() });
    const first = await signedIn(pool);
    const second = await rotated(pool, first);
    expect(await refresh(pool, first)).toMatchObject(refused);
    await rotated(pool, second);
  });

  test('a rotated token expires when the first token would have expired', async () => {
    const pool = await started({ client: { ...rotating(60), RefreshTokenValidity: 5, TokenValidityUnits: { IdToken: 'minutes', AccessToken: 'minutes', RefreshToken: 'seconds' } } });
    const first = await signedIn(pool);
    const begin = Date.now();
    await wait(2000);
    const second = await rotated(pool, first);
    await rotated(pool, second);
    await wait(begin + 5100 - Date.now());
    for (const each of [first, second]) expect(await refresh(pool, each)).toMatchObject(refused);
  });

  test('revoking a token ends its sign-in only', async () => {
    const pool = await started({ client: rotating(60) });
    const [first, elsewhere] = [await signedIn(pool), await signedIn(pool)];
    const second = await rotated(pool, first);
    const third = await rotated(pool, second);
    await revoke(pool, second);
    for (const each of [first, second, third]) expect(await refresh(pool, each)).toMatchObject(refused);
    await rotated(pool, elsewhere);
  });

  test('survives a restart', async () => {
    const pool = await started({ client: rotating(0) });
    const first = await signedIn(pool);
    const second = await rotated(pool, first);
    await stopAll();
    const again = await started({ client: rotating(0), dataFolder: pool.stack.dataFolder });
    expect(await refresh(again, first)).toMatchObject(refused);
    await rotated(again, second);
  });

  test('is off if it is disabled', async () => {
    const pool = await started({ client: { RefreshTokenRotation: { Feature: 'DISABLED' }, ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] }, pool: { UserPoolTier: 'LITE' } });
    const first = await signedIn(pool);
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await refresh(pool, first);
      expect([status, body.refresh_token]).toEqual([200, undefined]);
    }
  });

  test.each<[object, object, string]>([
    [{ ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'] }, {}, 'ExplicitAuthFlows without ALLOW_REFRESH_TOKEN_AUTH, got ["ALLOW_REFRESH'],
    [{ ExplicitAuthFlows: undefined }, {}, 'ExplicitAuthFlows without ALLOW_REFRESH_TOKEN_AUTH, got []'],
    [{}, { UserPoolTier: 'LITE' }, 'RefreshTokenRotation requires a user pool of the tier ESSENTIALS or above, got LITE'],
    [{ RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 61 } }, {}, 'RetryGracePeriodSeconds must be from 0 to 60, got 61'],
    [{ RefreshTokenRotation: { Feature: 'ON' } }, {}, 'Client.RefreshTokenRotation: the local stack does not support Feature "ON"'],
    [{ RefreshTokenRotation: { Feature: 'ENABLED', Reuse: true } }, {}, 'Client.RefreshTokenRotation: the local stack does not support Reuse true'],
  ])('the start fails for settings that Cognito would reject: %j %j', async (client, pool, message) => {
    await expect(started({ client: { ...rotating(30), ...client }, pool })).rejects.toThrow(message);
  });
});
