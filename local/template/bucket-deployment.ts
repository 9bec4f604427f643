import { promises as fs } from 'fs';
import * as path from 'path';
import type { LocalStack, Resource } from '../types';
import type { Answer } from './template-stack';

/** Writes an object as a deployment would. */
export type WriteObject = (bucket: string, key: string, body: Buffer, contentType: string) => Promise<void>;

const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Does what the CDK's own deployment function (Python and the AWS CLI) does: puts the files of assets into a bucket. */
export async function deployFiles(stack: LocalStack, { logicalId, properties }: Resource, writeObject: WriteObject): Promise<Answer> {
  const { DestinationBucketName: bucket, DestinationBucketKeyPrefix: prefix = '', SystemMetadata: metadata = {} } = properties;
  for (const [index, s3Key] of (properties.SourceObjectKeys as string[]).entries()) {
    const folder = stack.assetFolder(s3Key);
    for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      const key = path.posix.join(prefix, path.relative(folder, file).split(path.sep).join('/'));
      const body = withValues(await fs.readFile(file), properties.SourceMarkers?.[index]);
      await writeObject(bucket, key, body, metadata['content-type'] ?? CONTENT_TYPES[path.extname(key)] ?? 'application/octet-stream');
    }
  }
  return { physicalId: logicalId, data: { DestinationBucketArn: `arn:aws:s3:::${bucket}` } };
}

/** Values known only at deploy time stand in files as markers. */
function withValues(body: Buffer, markers: Record<string, string> = {}): Buffer {
  const used = Object.entries(markers).filter(([marker]) => body.includes(marker));
  return used.length ? Buffer.from(used.reduce((text, [marker, value]) => text.replaceAll(marker, value), body.toString())) : body;
}
