// The types of crc32.js, which is dist/esm/src/index.js of the npm package @foxglove/crc.
export function crc32Init(): number;
export function crc32Update(state: number, bytes: Uint8Array): number;
export function crc32Final(state: number): number;
