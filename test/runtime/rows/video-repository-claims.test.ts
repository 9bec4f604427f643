import { repositorySetting } from './repository-setting';

const ERROR = { code: 'internal', message: 'no' } as const;

describe('videoRepository: a claim', () => {
  const { clock, declared, editAs, processing, repository } = repositorySetting();

  const uploaded = async () => {
    const { videoId } = await repository().create(declared());
    await repository().markUploaded(videoId, 1000);
    return videoId;
  };
  const past = new Date('2026-11-22T09:00:00.000Z');

  test('only one of many concurrent messages gets the claim', async () => {
    const videoId = await uploaded();
    const tokens = Array.from({ length: 12 }, (_, i) => `token-${i}`);
    const rows = await Promise.all(tokens.map((token) => repository().claim(videoId, 1, token, past)));
    const holders = new Set(rows.map((row) => row?.claim?.token));
    expect(holders.size).toBe(1);
    expect(rows.filter((row, i) => row?.claim?.token === tokens[i])).toHaveLength(1);
    expect(await repository().find(videoId)).toMatchObject({ version: 3 });
  });

  test('the holder of the claim gets the same claim again', async () => {
    const videoId = await uploaded();
    await repository().claim(videoId, 1, 'mine', past);
    expect((await repository().claim(videoId, 1, 'mine', past))?.claim).toEqual({ attempt: 1, token: 'mine', startedAt: clock.now.toISOString() });
  });

  test('another message can replace a claim only after the claim is stale', async () => {
    const videoId = await uploaded();
    await repository().claim(videoId, 1, 'first', past);
    expect((await repository().claim(videoId, 1, 'second', clock.now))?.claim?.token).toBe('first');
    expect((await repository().claim(videoId, 1, 'second', new Date(clock.now.getTime() + 1)))?.claim?.token).toBe('second');
  });

  test('a claim of an earlier attempt does not block the current attempt', async () => {
    const videoId = await uploaded();
    await repository().claim(videoId, 1, 'first', past);
    await editAs(videoId, 'attempt', 2);
    expect(await repository().claim(videoId, 1, 'late', past)).toBeUndefined();
    expect((await repository().claim(videoId, 2, 'second', past))?.claim).toMatchObject({ attempt: 2, token: 'second' });
  });

  test('giveUp does not end an attempt until its claim is stale', async () => {
    const videoId = await uploaded();
    await repository().claim(videoId, 1, 'first', past);
    expect(await repository().giveUp(videoId, 1, ERROR, clock.now)).toBe('unchanged');
    expect(await repository().giveUp(videoId, 1, ERROR, new Date(clock.now.getTime() + 1))).toBe('changed');
    expect(await repository().find(videoId)).toMatchObject({ status: 'errored', error: ERROR, claim: { attempt: 1, abandoned: true } });
    expect(await repository().reopen(videoId, 1)).toBe('changed');
    expect(await repository().giveUp(videoId, 1, ERROR, clock.now)).toBe('unchanged');
  });

  test('an attempt with a recorded job cannot be claimed', async () => {
    const videoId = await processing();
    expect(await repository().claim(videoId, 1, 'token', new Date('2030-01-01'))).toBeUndefined();
  });
});
