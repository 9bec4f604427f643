import { readFileSync, rmSync } from 'fs';
import type { SQSEvent } from 'aws-lambda';
import { startTable, Table, VIDEO_ID } from './videos';
import { videoRepository } from '../../src/runtime/rows/video-repository';
import { recordJobEvents, JobEvent } from '../../src/transcode/record-job-event.runtime';
import { submitJobs } from '../../src/transcode/submit-job.runtime';
import { clip, FOLDER, mediaConvert, QUEUE, ROLE } from '../local/mediaconvert/fixture';

/** FFmpeg replaces MediaConvert. */
let table: Table;
let service: Awaited<ReturnType<typeof mediaConvert>>;

const picture = (size: string, rate = 25) => `-f lavfi -i testsrc2=s=${size}:r=${rate}:d=2.4`;
const sound = '-f lavfi -i sine=d=2.4 -c:a aac';
const h264 = '-pix_fmt yuv420p -c:v libx264 -preset ultrafast';
const SETTINGS = {
  ladder: [{ height: 240, maxBitrate: 700_000 }, { height: 144, maxBitrate: 300_000 }], segmentSeconds: 2, maxFrameRate: 30, maxDurationSeconds: 60,
};

beforeAll(async () => {
  table = await startTable();
  service = await mediaConvert();
  for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation(() => undefined);
});
afterAll(async () => {
  await service.stop();
  await table.stop();
  rmSync(FOLDER, { recursive: true });
});

async function upload(file: string | Buffer) {
  const videos = videoRepository(process.env.TABLE_NAME!);
  await table.put({ status: 'waiting' });
  await service.put(`source/${VIDEO_ID}/original`, file);
  const seen = service.events.length;
  const submit = submitJobs({ videos, client: service.client, clock: () => new Date(), settings: SETTINGS, mediaBucket: 'media', queueArn: QUEUE, jobRoleArn: ROLE, maxReceives: 5 });
  const body = JSON.stringify({ detail: { object: { key: `source/${VIDEO_ID}/original`, size: 1 } } });
  const event = { Records: [{ body, messageId: `m${seen}`, attributes: { ApproximateReceiveCount: '1' } }] } as unknown as SQSEvent;
  expect(await submit(event, { getRemainingTimeInMillis: () => 60_000 })).toEqual({ batchItemFailures: [] });
  const { jobId, status } = await table.get();
  if (status !== 'processing') return table.get();
  const end = await service.event((detail) => detail.jobId === jobId && /COMPLETE|ERROR/.test(detail.status));
  await recordJobEvents({ videos, mediaBucket: 'media' })(end as unknown as JobEvent);
  return table.get();
}

const sizes = (row: Awaited<ReturnType<typeof upload>>) => row.renditions?.map(({ width, height }) => `${width}x${height}`);

test.each<[string, () => string, { width: number; height: number }, string[]]>([
  ['a plain one', () => clip('plain.mp4', `${picture('640x360')} ${sound} ${h264}`), { width: 640, height: 360 }, ['426x240', '256x144']],
  ['upright by its metadata', () => clip('turned.mp4', `-i ${clip('flat.mp4', `${picture('320x180')} ${sound} ${h264}`)} -c copy -metadata:s:v rotate=90`),
    { width: 180, height: 320 }, ['180x320', '144x256']],
  ['silent, odd and fast', () => clip('odd.mkv', `${picture('320x240', 60)} -vf scale=301:201,setsar=1 -pix_fmt yuv444p -c:v libx264`), { width: 301, height: 201 }, ['300x200', '216x144']],
  ['tiny', () => clip('tiny.webm', `${picture('64x48')} -c:v libvpx`), { width: 64, height: 48 }, ['64x48']],
  ['anamorphic', () => clip('wide.mp4', `${picture('240x240')} -vf setsar=4/3 ${h264}`), { width: 320, height: 240 }, ['320x240', '192x144']],
])('%s', async (_, make, size, renditions) => {
  const row = await upload(make());
  expect(row).toMatchObject({ status: 'ready', progress: 100, ...size });
  expect(sizes(row)).toEqual(renditions);
  expect(row.durationSeconds).toBeCloseTo(2.4, 0);
  const keys = service.store.list('media').map(({ key }) => key);
  expect(keys).toEqual(expect.arrayContaining([row.media!.hls, row.media!.poster]));
  // The first frame is often black.
  expect(row.media!.poster).toMatch(/\.0000001\.jpg$/);
});

/** Returns a WebM file without a duration. Browsers record such files, because they write to a stream and cannot add the duration later. */
const endless = (seconds: number) => clip(`endless-${seconds}.webm`, `-f lavfi -i testsrc2=s=64x48:r=5:d=${seconds} -c:v libvpx -f webm -live 1`);

function stating(seconds: number, file: string): Buffer {
  const content = readFileSync(file);
  const duration = content.indexOf(Buffer.from([0x44, 0x89, 0x88])); // Duration, eight bytes
  content.writeDoubleBE(seconds * 1000, duration + 3);
  return content;
}

test('transcodes all of a source that states no duration', async () => {
  const row = await upload(endless(3));
  expect(row).toMatchObject({ status: 'ready', durationSeconds: expect.closeTo(3, 0) });
});

test.each<[string, () => string | Buffer, number]>([
  ['states no duration', () => endless(120), 66],
  ['states a shorter duration', () => stating(10, clip('liar.webm', '-f lavfi -i testsrc2=s=64x48:r=5:d=120 -c:v libvpx')), 120],
])('a video that %s ends with the error too_long, and its row has no media', async (_, make, transcoded) => {
  const row = await upload(make());
  expect(row).toMatchObject({ status: 'errored', error: { code: 'too_long' } });
  expect(row.media).toBeUndefined();
  const { outputGroupDetails: [group] } = service.events.at(-1)!.detail;
  expect(group.outputDetails[0].durationInMs / 1000).toBeCloseTo(transcoded, -1);
});

test.each<[string, () => string | Buffer, string]>([
  ['a playlist', () => Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://169.254.169.254/x.ts\n#EXT-X-ENDLIST\n'), 'not_a_video'],
  ['a playlist that goes on as a transport stream', () => Buffer.concat([
    Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://169.254.169.254/x.ts\n#EXT-X-ENDLIST\n'), readFileSync(clip('tail.ts', `${picture('64x48')} ${h264}`)),
  ]), 'not_a_video'],
  ['a DASH manifest', () => Buffer.from('<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>'), 'not_a_video'],
  ['an IMF composition', () => Buffer.from('<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"/>'), 'not_a_video'],
  ['a concat script', () => Buffer.from('ffconcat version 1.0\nfile /etc/passwd\n'), 'not_a_video'],
  ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>'), 'not_a_video'],
  ['an archive', () => Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0'), Buffer.alloc(200)]), 'not_a_video'],
  ['a picture', () => clip('still.png', '-f lavfi -i testsrc2=s=64x48 -frames:v 1'), 'not_a_video'],
  ['an animated picture', () => clip('still.gif', picture('64x48')), 'not_a_video'],
  ['nothing', () => Buffer.alloc(0), 'not_a_video'],
  ['a raw stream', () => clip('raw.h264', `${picture('64x48')} ${h264}`), 'not_a_video'],
  ['sound with a cover picture', () => clip('cover.mp3', `-f lavfi -i sine=d=2.4 -i ${clip('cover.png', '-f lavfi -i testsrc2=s=64x48 -frames:v 1')} -map 0 -map 1 -c:v copy`), 'not_a_video'],
  ['text', () => Buffer.from('no video at all\n'.repeat(100)), 'not_a_video'],
  ['sound only', () => clip('sound.m4a', sound), 'not_a_video'],
  ['too long', () => clip('long.mp4', '-f lavfi -i testsrc2=s=64x64:r=1:d=61 -pix_fmt yuv420p -c:v libx264'), 'too_long'],
])('rejects a source without creating a job: %s', async (_, make, code) => {
  const seen = service.events.length;
  expect(await upload(make())).toMatchObject({ status: 'errored', error: { code } });
  expect(service.events).toHaveLength(seen);
});
