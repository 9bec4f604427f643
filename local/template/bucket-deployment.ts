import { promises as fs } from 'fs';
import * as path from 'path';
import { onlyKnown } from '../lookup';
import type { Store } from '../s3/store';
import type { LocalStack, Resource } from '../types';
import type { Names } from './resources';

const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json', '.png': 'image/png', '.svg': 'image/svg+xml',
};

/** Does what the CDK's own deployment function (Python and the AWS CLI) does: puts the files of assets into a bucket. */
export async function deployFiles(stack: LocalStack, { logicalId, properties }: Resource, store: Pick<Store, 'put'>): Promise<Names> {
  const { DestinationBucketName, SourceObjectKeys, SourceMarkers = [], ...others } = properties;
  onlyKnown(logicalId, others, 'ServiceToken SourceBucketNames SourceMarkersConfig WaitForDistributionInvalidation Prune OutputObjectKeys');
  if (SourceMarkers.some((markers: object) => Object.keys(markers).length > 0)) throw new Error(`${logicalId}: values in deployed files are not supported`);
  for (const folder of SourceObjectKeys.map((key: string) => stack.assetFolder(key))) {
    const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name))) {
      const contentType = CONTENT_TYPES[path.extname(file)];
      if (!contentType) throw new Error(`${logicalId}: no content type is known for ${file}`);
      await store.put(DestinationBucketName, path.relative(folder, file), await fs.readFile(file), { contentType });
    }
  }
  return { physicalId: logicalId, attributes: {} };
}
