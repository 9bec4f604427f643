import type { PutOptions } from './store';
import { tagsInHeader } from './tags';
import { AwsError, type AwsRequest } from '../types';

const STORED = /^(cache-control|content-disposition|content-encoding|content-language|expires|x-amz-meta-.+)$/;
const META = 'x-amz-meta-';
const MAX_META_BYTES = 2048;

/**
 * Returns the metadata that S3 stores with an object. Fails if the user metadata exceeds 2 KB. The size of the metadata is the sum of the bytes of all names
 * and values (see "Working with object metadata" in the Amazon S3 User Guide). A header is a latin1 string, so its length is its number of bytes.
 */
export function metadataOf(request: AwsRequest): Pick<PutOptions, 'contentType' | 'headers' | 'tags'> {
  const { headers } = request;
  const metadata = Object.entries(headers).filter(([name]) => name.startsWith(META));
  if (metadata.reduce((sum, [name, value]) => sum + name.length - META.length + value.length, 0) > MAX_META_BYTES) {
    throw new AwsError('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size');
  }
  const stored = Object.entries(headers).filter(([name]) => STORED.test(name)).map(([name, value]) => (
    [name, name === 'content-encoding' ? value.split(',').map((coding) => coding.trim()).filter((coding) => coding !== 'aws-chunked').join(',') : value]));
  return {
    contentType: headers['content-type'],
    headers: Object.fromEntries(stored.filter(([, value]) => value !== '')) as Record<string, string>,
    tags: tagsInHeader(request),
  };
}
