import * as path from 'path';
import { authorizerRows } from './authorizer';
import { coldStartRows } from './cold-starts';
import { listRows } from './lists';
import { localCatalog } from './local-catalog';
import { orchestrationRows } from './orchestration';

/** Every figure that we claim, measured on this machine. Fails when a count is over its bound; times differ from machine to machine. */
async function main(): Promise<void> {
  const assets = path.join(__dirname, '..', 'assets');
  const coldStarts = await coldStartRows(assets);
  console.log('Cold starts: times from the start of the module');
  console.table(coldStarts.handlers);
  console.log('Cold start of a handler with one SDK client, in one run: its bundle without and with the options for Lambda (build/bundle-options.ts)');
  console.table(coldStarts.comparison);
  console.table(await authorizerRows(assets));

  const catalog = await localCatalog();
  const { writes, costs, isWithinBound } = await orchestrationRows(assets, catalog);
  console.log('Write units of one video, from upload to ready');
  console.table(writes);
  console.log('For 1,000 videos, from upload to ready, without progress');
  console.table(costs);
  console.log('MediaConvert answers at once here: each second that it takes to probe a source and to create a job is half a GB-second more, $0.0067 for 1,000 videos.');
  const lists = await listRows(catalog);
  console.log('What one page costs');
  console.table(lists.rows);
  await catalog.stop();
  if (!coldStarts.isWithinBound || !isWithinBound || !lists.isWithinBound) process.exitCode = 1;
}

void main();
