import { execFileSync } from 'child_process';
import { ensure } from './system';

export function makeClip(file: string, seconds: number, size = '640x360'): string {
  execFileSync(ensure('ffmpeg'), [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`, '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', String(seconds),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  ]);
  return file;
}
