import { AwsError, type AwsRequest } from '../types';

export interface CopySource { readonly bucket: string; readonly key: string; readonly arn: string }

/** Returns the object in the header `x-amz-copy-source`: `bucket/key`, URL-encoded, with or without a slash at the start. */
export function copySourceOf({ 'x-amz-copy-source': header = '' }: AwsRequest['headers']): CopySource {
  const [path, version] = header.split('?');
  if (version !== undefined) throw new AwsError('NotImplemented', 'the source version of a copy is not implemented in the local stack', 501);
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/s.exec(decoded(path)) ?? [];
  if (!key) throw new AwsError('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  return { bucket, key, arn: `arn:aws:s3:::${bucket}/${key}` };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
