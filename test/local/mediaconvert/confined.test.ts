import { execFileSync } from 'child_process';
import { readFileSync, rmSync, writeFileSync } from 'fs';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import { join } from 'path';
import { CreateJobCommand, ProbeCommand } from '@aws-sdk/client-mediaconvert';
import { clip, cmaf, FOLDER, job, mediaConvert, video } from './fixture';

let service: Awaited<ReturnType<typeof mediaConvert>>;
let victim: string;
let requests = 0;
const web = createServer((_request, response) => {
  requests += 1;
  response.end();
});
let address: string;

beforeAll(async () => {
  service = await mediaConvert();
  victim = clip('victim.mp4', '-f lavfi -i testsrc2=s=320x180:r=30:d=1 -pix_fmt yuv420p');
  clip('victim.ts', `-i ${victim} -c copy`);
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(async () => {
  web.close();
  await service.stop();
  rmSync(FOLDER, { recursive: true });
});

/** Creates a QuickTime reference movie: a file that refers to media data in a different file. */
function referenceMovie(): Buffer {
  const movie = readFileSync(victim);
  const box = (type: string, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  // This alias record has the format that FFmpeg's demuxer reads: 150 bytes for the volume and the name, the absolute path (type 2), and an end marker.
  const path = Buffer.from(victim.length % 2 ? `/${victim}` : victim);
  const url = box('alis', Buffer.alloc(4 + 150), Buffer.from([0, 2, 0, path.length]), path, Buffer.from([0xff, 0xff, 0, 0]));
  const at = movie.indexOf('url ') - 4;
  const grown = Buffer.concat([movie.subarray(0, at), url, movie.subarray(at + movie.readUInt32BE(at))]);
  // The alias record is larger than the replaced record, so the size fields of all enclosing boxes must be increased.
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    const start = grown.indexOf(type) - 4;
    grown.writeUInt32BE(grown.readUInt32BE(start) + url.length - 12, start);
  }
  const moov = grown.indexOf('moov') - 4;
  return Buffer.concat([grown.subarray(0, grown.readUInt32BE(0)), grown.subarray(moov, moov + grown.readUInt32BE(moov))]);
}

const tricks: [string, () => Buffer | string][] = [
  ['an HLS playlist of a local file', () => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${join(FOLDER, 'victim.ts')}\n#EXT-X-ENDLIST\n`],
  ['an HLS playlist of an address', () => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${address}/x.ts\n#EXT-X-ENDLIST\n`],
  ['a concat script', () => `ffconcat version 1.0\nfile ${victim}\n`],
  ['a DASH manifest', () => `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:full:2011"><Period><AdaptationSet><Representation id="1" bandwidth="1"><BaseURL>${address}/x.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`],
  ['an SVG that names a picture', () => `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64"><image xlink:href="${address}/x.png" width="64" height="64"/></svg>`],
  ['an ASS subtitle', () => '[Script Info]\nScriptType: v4.00+\n[Events]\nFormat: Layer, Start, End, Style, Text\nDialogue: 0,0:00:00.00,0:00:05.00,Default,hello\n'],
  ['an SDP session', () => 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n'],
  ['a picture', () => readFileSync(clip('one.png', '-f lavfi -i testsrc2=s=64x64 -frames:v 1'))],
];

test.each(tricks)('%s is rejected, and no file that it references is read', async (_name, make) => {
  const content = make();
  await service.put('trick', Buffer.from(content));
  const { ProbeResults } = await service.client.send(new ProbeCommand({ InputFiles: [{ FileUrl: 's3://sources/trick' }] }));
  expect(ProbeResults![0].Container!.Tracks).toEqual([]);
  const { Job } = await service.client.send(new CreateJobCommand(job('trick', [cmaf(video(180, 300_000))])));
  const { detail } = await service.event(({ jobId, status }) => jobId === Job!.Id && /COMPLETE|ERROR/.test(status));
  expect(detail).toMatchObject({ status: 'ERROR', errorCode: 1010 });
  expect(service.store.list('media')).toEqual([]);
  expect(requests).toBe(0);
});

test('an MP4 cannot read data from another file', async () => {
  const movie = referenceMovie();
  writeFileSync(join(FOLDER, 'reference.mp4'), movie);
  // Without the restrictions, FFmpeg reads the file that the movie refers to.
  const followed = execFileSync('ffprobe', ['-v', 'error', '-enable_drefs', '1', '-use_absolute_path', '1', '-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', join(FOLDER, 'reference.mp4')]);
  expect(Number(`${followed}`)).toBeGreaterThan(20);
  await service.put('reference', movie);
  const { Job } = await service.client.send(new CreateJobCommand(job('reference', [cmaf(video(180, 300_000))])));
  const { detail } = await service.event(({ jobId, status }) => jobId === Job!.Id && /COMPLETE|ERROR/.test(status));
  expect(detail.status).toBe('ERROR');
  expect(service.store.list('media')).toEqual([]);
});

test('without the restrictions, the playlist attack would succeed', () => {
  const playlist = join(FOLDER, 'trick');
  writeFileSync(playlist, `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${join(FOLDER, 'victim.ts')}\n#EXT-X-ENDLIST\n`);
  expect(`${execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', playlist])}`).toContain('h264');
});
