import * as path from 'path';
import { authorizerRows } from './authorizer';
import { coldStartRows } from './cold-starts';
import { editRows } from './edits';
import { listRows } from './lists';
import { localCatalog } from './local-catalog';
import { oneVideoRows } from './one-video';
import { pageRows } from './page';
import { posterRows, signingRows } from './posters';
import { publicationWrites } from './publications';
import { searchRows } from './searches';
import { uploadRows } from './uploads';
import { PROGRESS_REPORT } from './usage-count';

/** Exits with a non-zero code if a count, a cost or a ratio is above its bound. */
async function main(): Promise<void> {
  const assets = path.join(__dirname, '..', 'assets');
  const coldStarts = await coldStartRows(assets);
  console.log('Cold starts: all times are measured from the start of the module');
  console.table(coldStarts.handlers);
  console.log('Cold starts of a handler with one SDK client. One bundle has the options NODE_BUNDLE, the other has the options LAMBDA_BUNDLE (see build/bundle-options.ts)');
  console.table(coldStarts.comparison);
  console.log('Warm calls of the Lambda authorizer');
  console.table(await authorizerRows(assets));

  const oneVideo = await oneVideoRows();
  for (const [title, rows] of Object.entries(oneVideo.tables)) {
    console.log(title);
    console.table(rows);
  }
  console.log('The tables omit cold starts, data transfer, and the requests that clients send to check whether a video is ready.');
  console.log(`The tables include one progress report for each video. A second report for each video adds $${(PROGRESS_REPORT * 1000).toFixed(4)} to the cost of 1,000 videos.`);
  console.log('In AWS, MediaConvert can respond more slowly than the local MediaConvert. Each additional second of submit-job adds $0.0067 to the cost of 1,000 videos.');

  const uploads = await uploadRows();
  console.log('Upload of 1 GB in parts: all requests from POST /upload to POST /upload/{videoId}/complete');
  console.table(uploads.requests);
  console.log('Throughput of two uploads of the same size. curl uploads the file with one PUT request. The client uploads the file in parts, four at a time. Medians of 5 rounds in one local stack');
  console.table(uploads.throughput);

  const catalog = await localCatalog();
  const lists = await listRows(catalog);
  const posters = await posterRows(assets, catalog);
  const searches = await searchRows(catalog);
  await catalog.stop();
  console.log('The cost of one page of a list');
  console.table(lists.rows);
  console.log('The cost of one page of a search');
  console.table(searches.rows);
  const edits = await editRows();
  console.log('Write units of an edit of a listed, ready video with five tags, and of a retry of a failed video with five tags');
  console.table(edits.rows);
  const publications = await publicationWrites();
  console.log('Write units of a video with publication times');
  console.table(publications.rows);
  console.log('CPU time to sign the URLs of 100 posters. The columns with 512 MB convert this time to a Lambda function of this size, which has 0.29 of a vCPU');
  console.table(await signingRows());
  console.log('One page of a list with 100 posters, and without posters');
  console.table(posters.rows);
  const page = await pageRows();
  console.log('The first load of the example page in Chromium, without the player and with an empty cache. Medians of 5 loads from the local stack');
  console.table(page.rows);
  if (![coldStarts, oneVideo, uploads, lists, searches, edits, publications, posters, page].every(({ isWithinBound }) => isWithinBound)) process.exitCode = 1;
}

void main();
