import { promises as fs } from 'fs';
import * as path from 'path';
import { onlyKnown } from '../lookup';
import type { LocalStack, Resource } from '../types';

/** Writes an object as a deployment would. */
export type WriteObject = (bucket: string, key: string, body: Buffer, contentType: string) => Promise<void>;

const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** Does what the CDK's own deployment function (Python and the AWS CLI) does: puts the files of assets into a bucket. */
export async function deployFiles(stack: LocalStack, { logicalId, properties }: Resource, writeObject: WriteObject): Promise<void> {
  const { DestinationBucketName, SourceObjectKeys, SourceMarkers = [], ...others } = properties;
  onlyKnown(logicalId, others, 'ServiceToken SourceBucketNames SourceMarkersConfig WaitForDistributionInvalidation Prune OutputObjectKeys');
  if (SourceMarkers.some((markers: object) => Object.keys(markers).length > 0)) throw new Error(`${logicalId}: values in deployed files are not supported`);
  for (const folder of SourceObjectKeys.map((key: string) => stack.assetFolder(key))) {
    const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name))) {
      const type = CONTENT_TYPES[path.extname(file)];
      if (!type) throw new Error(`${logicalId}: no content type is known for ${file}`);
      await writeObject(DestinationBucketName, path.relative(folder, file), await fs.readFile(file), type);
    }
  }
}
