import { execFileSync } from 'child_process';
import { ensure } from './system';

export function makeClip(file: string, seconds: number, size = '640x360'): string {
  execFileSync(ensure('ffmpeg'), [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`, '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', String(seconds),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  ]);
  return file;
}

/** Adds a `free` box to an MP4 file, so that the file is large enough for an upload in parts. Players ignore the box. */
export function padClip(clip: Buffer, size: number): Buffer<ArrayBuffer> {
  const padded = Buffer.alloc(size);
  clip.copy(padded);
  padded.writeUInt32BE(size - clip.length, clip.length);
  padded.write('free', clip.length + 4);
  return padded;
}
