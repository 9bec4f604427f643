import { ChildProcess, fork } from 'child_process';
import { once } from 'events';
import { mkdtempSync, readFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { setTimeout as wait } from 'timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { StreamRecord } from '../../../local/services/dynamodb/streams';
import { CREDENTIALS, REGION } from '../fakes';
import { TableName } from '../services/dynamodb/videos-table';

/** The complete test needs `KILLS=200`, and takes four minutes. */
const KILLS = Number(process.env.KILLS ?? 3);
const WRITERS = 6;
const FIRST = { pk: 'first', sk: 'video' };
jest.setTimeout(60_000 + KILLS * 5000);

const folder = mkdtempSync(join(tmpdir(), 'killed-'));
const received = join(folder, 'received.jsonl');
let child: ChildProcess;
afterAll(() => child.kill('SIGKILL'));

async function start(): Promise<DynamoDBDocumentClient> {
  child = fork(join(__dirname, 'services.fixture.ts'), [folder, received], { execArgv: ['--import', 'tsx'], stdio: 'inherit' });
  const ended = once(child, 'exit').then(() => { throw new Error('the services did not start'); });
  const [{ port }] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return DynamoDBDocumentClient.from(new DynamoDBClient({ region: REGION, endpoint: `http://127.0.0.1:${port}`, credentials: CREDENTIALS, maxAttempts: 1 }));
}

/** The numbers of acknowledged and attempted writes. A kill during a write can leave a stored write without an acknowledgment. */
interface Writer { readonly name: string; acknowledged: number; attempted: number; count: number; writes: number }
const writers = Array.from({ length: WRITERS }, (_, index): Writer => ({ name: `writer-${index}`, acknowledged: 0, attempted: 0, count: 0, writes: 0 }));

/** Each row contains the number of its last write. Transactions write a pair of rows and a counter. */
async function write(client: DynamoDBDocumentClient, writer: Writer): Promise<void> {
  for (;;) {
    const number = ++writer.attempted;
    const row = (pk: string) => ({ pk, sk: 'video', number, owner: `owner-${number % 3}`, text: 'x'.repeat(number % 500) });
    const { name } = writer;
    if (number % 3 === 0) {
      const add = { UpdateExpression: 'ADD #n :one', ExpressionAttributeNames: { '#n': 'number' }, ExpressionAttributeValues: { ':one': 1 } };
      await client.send(new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName, Item: row(name) } }, { Put: { TableName, Item: row(`${name}-pair`) } },
          { Update: { TableName, Key: { pk: `${name}-count`, sk: 'video' }, ...add } },
          { ConditionCheck: { TableName, Key: FIRST, ConditionExpression: 'attribute_exists(pk)' } },
        ],
      }));
      writer.count++;
    } else if (number % 10 === 1) {
      await client.send(new DeleteCommand({ TableName, Key: { pk: `${name}-pair`, sk: 'video' } }));
      await client.send(new PutCommand({ TableName, Item: row(name) }));
    } else {
      await client.send(new UpdateCommand({
        TableName, Key: { pk: name, sk: 'video' }, UpdateExpression: 'SET #n = :n', ExpressionAttributeNames: { '#n': 'number' }, ExpressionAttributeValues: { ':n': number },
      }));
    }
    writer.acknowledged = number;
    writer.writes++;
  }
}

const lines = (): { from: string; content: any }[] => readFileSync(received, 'utf8').split('\n').flatMap((line) => {
  try {
    return [JSON.parse(line)];
  } catch {
    // A kill can leave an incomplete line. The record in the line is delivered again, because the function returned no response.
    return [];
  }
});
const keyOf = ({ Keys }: StreamRecord['dynamodb']) => Keys.pk.S;

function historiesOf(changes: StreamRecord['dynamodb'][]): Map<string, StreamRecord['dynamodb'][]> {
  const seen = new Map<string, StreamRecord['dynamodb']>();
  for (const change of changes) {
    expect(change).toEqual(seen.get(change.SequenceNumber) ?? change);
    if (!seen.has(change.SequenceNumber)) seen.set(change.SequenceNumber, change);
  }
  const histories = new Map<string, StreamRecord['dynamodb'][]>();
  for (const change of seen.values()) histories.set(keyOf(change), [...histories.get(keyOf(change)) ?? [], change]);
  return histories;
}

test(`kill -9 at ${KILLS} random moments loses no write, event or message, and creates no false ones`, async () => {
  const delays: number[] = [];
  let client = await start();
  await client.send(new PutCommand({ TableName, Item: FIRST }));
  for (let kill = 0; kill < KILLS; kill++) {
    const stopped = Promise.allSettled(writers.map((writer) => write(client, writer)));
    delays.push(Math.round(Math.random() * 400));
    await wait(delays.at(-1));
    child.kill('SIGKILL');
    await stopped;
    client.destroy();
    client = await start();
    const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
    const rows = new Map(Items.map((item) => [item.pk, item]));
    for (const { name, acknowledged, attempted, count } of writers) {
      const [number, pair, counted] = [name, `${name}-pair`, `${name}-count`].map((pk) => rows.get(pk)?.number ?? 0);
      expect(number).toBeGreaterThanOrEqual(acknowledged);
      expect(number).toBeLessThanOrEqual(attempted);
      // A transaction that the kill interrupted was stored completely or not at all.
      const isMade = attempted % 3 === 0 && number === attempted;
      expect([counted, pair === attempted]).toEqual(isMade ? [count + 1, true] : [count, false]);
    }
    for (const writer of writers) writer.count = rows.get(`${writer.name}-count`)?.number ?? 0;
  }

  // After the last write, the last change of each item arrives at both functions.
  const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
  const indexed = await client.send(new ScanCommand({ TableName, IndexName: 'byOwner', ConsistentRead: false }));
  const owned = Items.filter(({ owner }) => owner).map(({ pk, sk, owner }) => JSON.stringify([pk, sk, owner])).sort();
  expect(indexed.Items!.map(({ pk, sk, owner }) => JSON.stringify([pk, sk, owner])).sort()).toEqual(owned);

  const plain = new Map(Items.map((item) => [item.pk, item]));
  const problems = () => {
    const all = lines();
    const from = (name: string) => all.filter((line) => line.from === name).map(({ content }) => name === 'stream' ? content.dynamodb : content);
    const histories = historiesOf(from('stream'));
    const told = new Set(from('queue').map(({ SequenceNumber }) => SequenceNumber));
    const found: string[] = [];
    for (const pk of plain.keys()) if (!histories.has(pk)) found.push(`${pk} was never told of`);
    for (const [pk, changes] of histories) {
      changes.forEach((change, index) => {
        const before = changes[index - 1];
        if (before && before.SequenceNumber > change.SequenceNumber) found.push(`${pk}: ${change.SequenceNumber} came too late`);
        if (JSON.stringify(change.OldImage) !== JSON.stringify(before?.NewImage)) found.push(`${pk}: ${change.SequenceNumber} does not follow ${before?.SequenceNumber}`);
        if (!told.has(change.SequenceNumber)) found.push(`${pk}: the message of ${change.SequenceNumber} is lost`);
      });
      if (changes.at(-1)!.NewImage?.number?.N !== plain.get(pk)?.number?.toString()) found.push(`${pk}: the last change is not what is stored`);
    }
    return found;
  };
  for (const end = Date.now() + 30_000; problems().length > 0 && Date.now() < end;) await wait(200);
  expect(problems()).toEqual([]);

  const all = lines();
  const records = all.filter(({ from }) => from === 'stream');
  const changes = new Set(records.map(({ content }) => content.dynamodb.SequenceNumber)).size;
  expect(changes).toBeGreaterThan(KILLS * WRITERS);
  console.log(`${KILLS} kills, ${writers.reduce((sum, { writes }) => sum + writes, 0)} acknowledged writes, ${changes} changes, `
    + `${records.length} records and ${all.length - records.length} messages delivered`);
});
