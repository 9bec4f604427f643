import { readdirSync, readlinkSync, rmSync } from 'fs';
import { join } from 'path';
import { CreateJobCommand, ProbeCommand } from '@aws-sdk/client-mediaconvert';
import { clip, cmaf, FOLDER, job, mediaConvert, video } from './fixture';
import { transcodeFault } from '../../../local/mediaconvert/run-job';
import { until } from '../fakes';

let service: Awaited<ReturnType<typeof mediaConvert>>;

beforeAll(async () => {
  service = await mediaConvert();
});
afterAll(async () => {
  await service.stop();
  rmSync(FOLDER, { recursive: true });
});

const create = async () => (await service.client.send(new CreateJobCommand(job('clip', [cmaf(video(360, 900_000))])))).Job!.Id!;
const ended = async (id: string) => (await service.event(({ jobId, status }) => jobId === id && /COMPLETE|ERROR/.test(status))).detail;

/** Kills the FFmpeg process that works in a folder, as the kernel does if memory runs out. */
function killToolIn(folder: string): boolean {
  const tools = readdirSync('/proc').filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder && /ffmpeg$/.test(readlinkSync(`/proc/${pid}/exe`));
    } catch {
      return false;
    }
  });
  tools.forEach((pid) => process.kill(Number(pid), 'SIGKILL'));
  return tools.length > 0;
}

test('a killed or missing FFmpeg is a system error, not an error of the file', async () => {
  await service.put('clip', clip('clip.mp4', '-f lavfi -i testsrc2=s=640x360:r=30:d=60 -pix_fmt yuv420p -c:v libx264 -preset ultrafast'));
  const id = await create();
  await until(() => killToolIn(join(service.stack.dataFolder, 'mediaconvert/work', id)));
  expect(await ended(id)).toMatchObject({ status: 'ERROR', errorCode: 1999 });

  const { PATH } = process.env;
  process.env.PATH = '/nowhere';
  try {
    await expect(service.client.send(new ProbeCommand({ InputFiles: [{ FileUrl: 's3://sources/clip' }] }))).rejects.toMatchObject({ name: 'InternalServerErrorException' });
    expect(await ended(await create())).toMatchObject({ status: 'ERROR', errorCode: 1999 });
  } finally {
    process.env.PATH = PATH;
  }
});

test('a full disk at the end of a job delays its event, and does not block later jobs', async () => {
  const log = jest.spyOn(console, 'error').mockImplementation();
  const faults = [1, 2].map(() => new Error('ENOSPC: no space left on device'));
  const full = await mediaConvert({ fault: ({ detail: { status } }) => status === 'COMPLETE' ? faults.shift() : undefined });
  await full.put('clip', clip('short.mp4', '-f lavfi -i testsrc2=s=64x64:r=10:d=1 -pix_fmt yuv420p -c:v libx264 -preset ultrafast'));
  const jobs = [1, 2].map(() => full.client.send(new CreateJobCommand(job('clip', [cmaf(video(64, 90_000))]))));
  const ids = (await Promise.all(jobs)).map(({ Job }) => Job!.Id);
  for (const id of ids) await full.event(({ jobId, status }) => jobId === id && status === 'COMPLETE');
  expect(full.events.filter(({ detail: { status } }) => status === 'ERROR')).toEqual([]);
  expect(log).toHaveBeenCalledTimes(2);
  log.mockRestore();
  await full.stop();
});

test.each<[string, number]>([
  ['Decoder (codec svq1) not found for input stream #0:0', 1030],
  ['partial file', 1076],
  ['av_interleaved_write_frame(): No space left on device', 1999],
  ['Conversion failed!', 1999],
])('FFmpeg ends with %p: %p', (message, code) => expect(transcodeFault('s3://a/b', message)).toMatchObject({ name: `${code}` }));
