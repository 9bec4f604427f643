import { MAX_PARTS } from './upload-limits';

const MIB = 1024 ** 2;

/** The minimum size of a part. S3 accepts 5 MiB, but larger parts need fewer requests. */
const MIN_PART_BYTES = 16 * MIB;

/** Returns the size of every part except the last. The size is a whole number of MiB, and so large that the file has at most MAX_PARTS parts. */
export function partSizeOf(size: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS / MIB) * MIB);
}

export function partCountOf(size: number, partSize: number): number {
  return Math.ceil(size / partSize);
}

/** Returns the length of a part in bytes. Only the last part can be shorter than `partSize`. */
export function partLengthOf(size: number, partSize: number, partNumber: number): number {
  return Math.min(partSize, size - (partNumber - 1) * partSize);
}
