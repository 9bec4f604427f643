import { execFileSync } from 'child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { CreateJobCommand, GetJobCommand, type CreateJobCommandInput } from '@aws-sdk/client-mediaconvert';
import { types as hlsTypes, parse as parseHls } from 'hls-parser';
import { audio, clip, cmaf, FOLDER, frames, hls, job, mediaConvert, QUEUE, ROLE, video } from './fixture';
import { until } from '../fakes';

type Service = Awaited<ReturnType<typeof mediaConvert>>;
let service: Service;
const denied = new Set<string>();
const CLIP = '-f lavfi -i testsrc2=s=640x360:r=30:d=6.5 -f lavfi -i sine=d=6.5 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -c:a aac';

beforeAll(async () => {
  service = await mediaConvert({ denied: ({ action, resource }) => denied.has(`${action} ${resource}`) });
  await service.put('clip', clip('clip.mp4', CLIP));
});
afterEach(() => {
  denied.clear();
  service.events.length = 0;
  service.written.length = 0;
});
afterAll(async () => {
  await service.stop();
  rmSync(FOLDER, { recursive: true });
});

async function finished(input: CreateJobCommandInput, on = service) {
  const { Job } = await on.client.send(new CreateJobCommand(input));
  const { detail } = await on.event(({ jobId, status }) => jobId === Job!.Id && /COMPLETE|ERROR/.test(status));
  return detail;
}
const keys = () => service.store.list('media').map(({ key }) => key);
const textOf = (key: string) => readFileSync(service.store.get('media', key)!.path, 'utf8');
const master = (key: string) => parseHls(textOf(key)) as hlsTypes.MasterPlaylist;
const media = (key: string) => parseHls(textOf(key)) as hlsTypes.MediaPlaylist;
const bytes = (...names: string[]) => Buffer.concat(names.map((key) => readFileSync(service.store.get('media', key)!.path)));
function ffprobe(data: Buffer, ...args: string[]) {
  const file = join(FOLDER, 'probed');
  writeFileSync(file, data);
  return JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', ...args, file]).toString());
}
const colour = (key: string, x: number, y: number) => {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', service.store.get('media', key)!.path, '-vf', `crop=2:2:${x}:${y}`, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
  return [...raw.subarray(0, 3)];
};

test('CMAF: a ladder with separate audio has MediaConvert\'s names, measurements and event', async () => {
  const detail = await finished(job('clip', [cmaf(video(360, 900_000), video(180, 300_000, { CodecProfile: 'MAIN' }), audio()), frames(1, 2)], { StatusUpdateInterval: 'SECONDS_10' }));
  expect(detail).toMatchObject({ status: 'COMPLETE' });
  const segments = (name: string, extension: string) => [1, 2].map((n) => `v/1/hls/index${name}_00000000${n}.${extension}`);
  expect(keys()).toEqual([
    'v/1/hls/index.m3u8',
    'v/1/hls/index_180p.m3u8', ...segments('_180p', 'cmfv'), 'v/1/hls/index_180pinit.cmfv',
    'v/1/hls/index_360p.m3u8', ...segments('_360p', 'cmfv'), 'v/1/hls/index_360pinit.cmfv',
    'v/1/hls/index_audio.m3u8', ...segments('_audio', 'cmfa'), 'v/1/hls/index_audioinit.cmfa',
    ...[0, 1, 2, 3].map((n) => `v/1/poster/frame.000000${n}.jpg`),
  ].sort());

  const { variants } = master('v/1/hls/index.m3u8');
  expect(variants.map(({ uri, resolution, frameRate, codecs }) => [uri, resolution, frameRate, codecs])).toEqual([
    ['index_360p.m3u8', { width: 640, height: 360 }, 30, expect.stringMatching(/^avc1\.6400..,mp4a\.40\.2$/)],
    ['index_180p.m3u8', { width: 320, height: 180 }, 30, expect.stringMatching(/^avc1\.4D40..,mp4a\.40\.2$/)],
  ]);
  expect(variants[0].audio).toMatchObject([{ uri: 'index_audio.m3u8', isDefault: true, autoselect: true, channels: '2' }]);
  const rates = (name: string, extension: string) => media(`v/1/hls/index${name}.m3u8`).segments.map(({ uri, duration }) => ({ duration, bits: service.store.get('media', `v/1/hls/${uri}`)!.size * 8, extension }));
  for (const { uri, bandwidth, averageBandwidth, codecs } of variants) {
    const [own, sound] = [rates(uri.slice(5, -5), 'cmfv'), rates('_audio', 'cmfa')];
    const most = (list: typeof own) => Math.max(...list.map(({ bits, duration }) => bits / duration));
    const mean = (list: typeof own) => list.reduce((sum, { bits }) => sum + bits, 0) / list.reduce((sum, { duration }) => sum + duration, 0);
    expect(Math.abs(bandwidth - most(own) - most(sound))).toBeLessThan(3);
    expect(Math.abs(averageBandwidth! - mean(own) - mean(sound))).toBeLessThan(3);
    const initial = bytes(`v/1/hls/${uri.slice(0, -5)}init.cmfv`);
    const at = initial.indexOf('avcC') + 5;
    expect(codecs!.split(',')[0]).toBe(`avc1.${initial.subarray(at, at + 3).toString('hex').toUpperCase()}`);
  }
  const played = media('v/1/hls/index_360p.m3u8');
  expect([played.playlistType, played.endlist, played.segments[0].map!.uri, played.segments.map(({ duration }) => duration)]).toEqual(['VOD', true, 'index_360pinit.cmfv', [4, 2.5]]);
  const { streams } = ffprobe(bytes('v/1/hls/index_360pinit.cmfv', ...segments('_360p', 'cmfv')), '-count_frames');
  expect(streams).toMatchObject([{ codec_name: 'h264', profile: 'High', width: 640, height: 360, nb_read_frames: '195', r_frame_rate: '30/1' }]);
  expect(ffprobe(bytes('v/1/hls/index_audioinit.cmfa', ...segments('_audio', 'cmfa'))).streams).toMatchObject([{ codec_name: 'aac', channels: 2, sample_rate: '48000' }]);

  expect(detail.outputGroupDetails).toEqual([
    {
      type: 'CMAF_GROUP',
      playlistFilePaths: ['s3://media/v/1/hls/index.m3u8'],
      outputDetails: [
        { durationInMs: 6500, videoDetails: { widthInPx: 640, heightInPx: 360, averageBitrate: expect.any(Number) } },
        { durationInMs: 6500, videoDetails: { widthInPx: 320, heightInPx: 180, averageBitrate: expect.any(Number) } },
        { durationInMs: expect.any(Number) },
      ],
    },
    { type: 'FILE_GROUP', outputDetails: [{ outputFilePaths: ['s3://media/v/1/poster/frame.0000003.jpg'], durationInMs: 6500, videoDetails: { widthInPx: 320, heightInPx: 180 } }] },
  ]);
  expect(service.store.get('media', 'v/1/hls/index.m3u8')!.contentType).toBe('application/vnd.apple.mpegurl');
  expect(service.store.get('media', 'v/1/hls/index_360pinit.cmfv')!.contentType).toBe('video/mp4');

  const own = service.events.map((event) => {
    const { status, jobId, queue, accountId, userMetadata, timestamp } = event.detail;
    return { status, jobId, queue, accountId, userMetadata, timestamp };
  });
  expect(own.map(({ status }) => status)).toEqual(['PROGRESSING', 'STATUS_UPDATE', 'COMPLETE']);
  const common = { jobId: detail.jobId, queue: QUEUE, accountId: '111122223333', userMetadata: { videoId: 'v1', attempt: '1' }, timestamp: expect.any(Number) };
  for (const one of own) expect(one).toEqual({ ...common, status: one.status });
  expect(service.events[1]).toMatchObject({
    'source': 'aws.mediaconvert',
    'detail-type': 'MediaConvert Job State Change',
    'resources': [`arn:aws:mediaconvert:eu-central-1:111122223333:jobs/${detail.jobId}`],
    'detail': { jobProgress: { phaseProgress: { PROBING: { status: 'COMPLETE', percentComplete: 100 } }, currentPhase: expect.stringMatching(/TRANSCODING|UPLOADING/), jobPercentComplete: expect.any(Number) } },
  });
  const { Job } = await service.client.send(new GetJobCommand({ Id: detail.jobId }));
  expect(Job).toMatchObject({
    Id: detail.jobId, Status: 'COMPLETE', Queue: QUEUE, Role: ROLE, UserMetadata: { videoId: 'v1', attempt: '1' },
    Timing: { SubmitTime: expect.any(Date), StartTime: expect.any(Date), FinishTime: expect.any(Date) },
    OutputGroupDetails: [{ OutputDetails: [{ DurationInMs: 6500, VideoDetails: { WidthInPx: 640, HeightInPx: 360 } }, {}, {}] }, {}],
  });
  // The test reads the job without the SDK, because the SDK removes unknown properties. The API's response has fewer details than the event, and no paths.
  const { job: answered } = await answer(`/2017-08-29/jobs/${detail.jobId}`);
  const small = { durationInMs: 6500, videoDetails: { widthInPx: 320, heightInPx: 180 } };
  const large = { durationInMs: 6500, videoDetails: { widthInPx: 640, heightInPx: 360 } };
  const groups = [{ outputDetails: [large, small, { durationInMs: expect.any(Number) }] }, { outputDetails: [small] }];
  expect(answered.outputGroupDetails).toEqual(groups);
  expect((await answer('/2017-08-29/search')).jobs[0].outputGroupDetails).toEqual(groups);
  expect(readdirSync(join(service.stack.dataFolder, 'mediaconvert/work'))).toEqual([]);
});

async function answer(path: string): Promise<any> {
  const { hostname, port } = await service.client.config.endpoint!();
  return (await fetch(`http://${hostname}:${port}${path}`)).json();
}

test('captures show the frames at exactly their times', async () => {
  const colours = [['red', 0.5], ['blue', 2], ['red', 2]].map(([name, seconds]) => `-f lavfi -i color=${name}:s=320x180:r=30:d=${seconds}`).join(' ');
  await service.put('timed', clip('timed.mp4', `${colours} -filter_complex [0:v][1:v][2:v]concat=n=3 -pix_fmt yuv420p`));
  expect(await finished(job('timed', [cmaf(video(180, 300_000)), frames(1, 2, 2)]))).toMatchObject({ status: 'COMPLETE' });
  expect(keys().filter((key) => key.endsWith('.jpg'))).toEqual(['v/1/poster/frame.0000000.jpg', 'v/1/poster/frame.0000001.jpg']);
  const [[red], [, , blue]] = [colour('v/1/poster/frame.0000000.jpg', 100, 100), colour('v/1/poster/frame.0000001.jpg', 100, 100)];
  expect([red > 200, blue > 200]).toEqual([true, true]);
});

test('HLS: muxed transport streams', async () => {
  const muxed = { ...video(180, 300_000), ...audio(), NameModifier: '_180p', ContainerSettings: { Container: 'M3U8' as const } };
  const detail = await finished(job('clip', [hls(muxed)]));
  expect(detail.outputGroupDetails).toMatchObject([{ type: 'HLS_GROUP', playlistFilePaths: ['s3://media/v/1/ts/index.m3u8'], outputDetails: [{ outputFilePaths: ['s3://media/v/1/ts/index_180p.m3u8'] }] }]);
  expect(keys()).toEqual(['v/1/ts/index.m3u8', 'v/1/ts/index_180p.m3u8', 'v/1/ts/index_180p_00001.ts', 'v/1/ts/index_180p_00002.ts']);
  expect(master('v/1/ts/index.m3u8').variants).toMatchObject([{ codecs: expect.stringMatching(/^avc1\.6400..,mp4a\.40\.2$/), resolution: { width: 320, height: 180 }, audio: [] }]);
  expect(ffprobe(bytes('v/1/ts/index_180p_00001.ts')).streams.map(({ codec_name: name }: { codec_name: string }) => name)).toEqual(['h264', 'aac']);
});

test('a portrait video of a phone is rotated upright', async () => {
  clip('flat.mp4', '-f lavfi -i color=red:s=320x180:r=30:d=1 -vf drawbox=0:0:160:180:blue:fill -pix_fmt yuv420p');
  await service.put('phone', clip('phone.mp4', `-i ${join(FOLDER, 'flat.mp4')} -c copy -metadata:s:v:0 rotate=270`));
  const upright = video(320, 300_000);
  Object.assign(upright.VideoDescription!, { Width: 180, Height: 320 });
  expect(await finished(job('phone', [cmaf(upright), frames(1, 1, 1)]))).toMatchObject({ status: 'COMPLETE' });
  expect(ffprobe(bytes('v/1/hls/index_320pinit.cmfv', 'v/1/hls/index_320p_000000001.cmfv')).streams).toMatchObject([{ width: 180, height: 320 }]);
  // The clip was rotated clockwise by 90 degrees, so its left half is now the top half. The poster frame is 16:9, so it has bars beside the portrait picture.
  const [top, bottom, bar] = [colour('v/1/poster/frame.0000000.jpg', 160, 20), colour('v/1/poster/frame.0000000.jpg', 160, 160), colour('v/1/poster/frame.0000000.jpg', 10, 90)];
  expect([top[2] > 200, bottom[0] > 200, Math.max(...bar) < 30]).toEqual([true, true, true]);
});

test('without audio in the source, muxed outputs have no audio and an audio output fails', async () => {
  await service.put('silent', clip('silent.mp4', '-f lavfi -i testsrc2=s=320x180:r=30000/1001:d=2 -pix_fmt yuv420p'));
  const muxed = { ...video(180, 300_000), ...audio(), NameModifier: '_180p', ContainerSettings: { Container: 'M3U8' as const } };
  expect(await finished(job('silent', [hls(muxed)]))).toMatchObject({ status: 'COMPLETE' });
  expect(master('v/1/ts/index.m3u8').variants).toMatchObject([{ codecs: expect.stringMatching(/^avc1\.6400..$/), frameRate: 29.97 }]);
  expect(await finished(job('silent', [cmaf(video(180, 300_000), audio())]))).toMatchObject({ status: 'ERROR', errorCode: 1040, errorMessage: expect.stringContaining('audio') });
});

test('audio only: the playlist has one audio variant, and events have no percentage', async () => {
  await service.put('song', clip('song.m4a', '-f lavfi -i sine=d=9 -c:a aac'));
  expect(await finished(job('song', [cmaf(audio())]))).toMatchObject({ status: 'COMPLETE' });
  expect(master('v/1/hls/index.m3u8').variants).toMatchObject([{ uri: 'index_audio.m3u8', codecs: 'mp4a.40.2' }]);
  expect(media('v/1/hls/index_audio.m3u8').segments).toHaveLength(3);
  expect(service.events.find(({ detail }) => detail.status === 'STATUS_UPDATE')!.detail.jobProgress.jobPercentComplete).toBeUndefined();
  expect(await finished(job('song', [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'ERROR', errorCode: 1020, errorMessage: expect.stringContaining('no video track') });
});

test('a variable frame rate becomes its average rounded up', async () => {
  const times = String.raw`setpts='N*(0.03+0.02*mod(N,2))/TB'`;
  await service.put('vfr', clip('vfr.mkv', `-f lavfi -i testsrc2=s=320x180:r=30:d=3 -vf ${times} -fps_mode passthrough -pix_fmt yuv420p`));
  expect(await finished(job('vfr', [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'COMPLETE' });
  expect(Number.isInteger(master('v/1/hls/index.m3u8').variants[0].frameRate)).toBe(true);
});

test('requires permissions of the job\'s role for each object', async () => {
  denied.add('s3:GetObject arn:aws:s3:::sources/clip');
  expect(await finished(job('clip', [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'ERROR', errorCode: 1401, errorMessage: expect.stringContaining('s3://sources/clip') });
  denied.clear();
  denied.add('s3:PutObject arn:aws:s3:::media/v/1/hls/index.m3u8');
  expect(await finished(job('clip', [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'ERROR', errorCode: 1401, errorMessage: expect.stringContaining('s3://media/v/1/hls/index.m3u8') });
  expect(keys()).not.toContain('v/1/hls/index.m3u8');
  expect(service.access.refusals.every(({ principal }) => principal === ROLE)).toBe(true);
});

test('fails for an archived input', async () => {
  await service.put('archived', Buffer.from('video'));
  service.store.update('sources', 'archived', { storageClass: 'GLACIER' });
  expect(await finished(job('archived', [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'ERROR', errorCode: 1401, errorMessage: expect.stringContaining('s3://sources/archived') });
});

test('fails for a missing input and for a missing bucket', async () => {
  expect(await finished(job('nothing', [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'ERROR', errorCode: 1404, errorMessage: 'Unable to open input file [s3://sources/nothing]: [Failed probe/open: [Failed to read data: HeadObject failed]]' });
  expect((await answer('/2017-08-29/search')).jobs[0]).toMatchObject({ status: 'ERROR', errorCode: 1404, errorMessage: expect.stringContaining('HeadObject failed') });
  const group = cmaf(video(180, 300_000));
  group.OutputGroupSettings!.CmafGroupSettings!.Destination = 's3://nowhere/x';
  expect(await finished(job('clip', [group]))).toMatchObject({ status: 'ERROR', errorCode: 1404, errorMessage: expect.stringContaining('s3://nowhere/') });
});

test('fails with MediaConvert\'s error code for a truncated file and for a file that is not a video', async () => {
  const whole = readFileSync(clip('index-first.mp4', `-i ${join(FOLDER, 'clip.mp4')} -c copy -movflags faststart`));
  await service.put('cut', whole.subarray(0, whole.length / 2));
  expect(await finished(job('cut', [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'ERROR', errorCode: 1076 });
  await service.put('half', readFileSync(join(FOLDER, 'clip.mp4')).subarray(0, 40_000));
  await service.put('text', Buffer.from('This is a letter, not a film.\n'.repeat(100)));
  for (const key of ['half', 'text']) expect(await finished(job(key, [cmaf(video(180, 300_000))]))).toMatchObject({ status: 'ERROR', errorCode: 1010, userMetadata: { videoId: 'v1' } });
});

test('after a kill between an event and its record, the event is sent again and never lost', async () => {
  await service.put('brief', clip('brief.mp4', '-f lavfi -i testsrc2=s=320x180:r=30:d=1 -pix_fmt yuv420p'));
  const { Job } = await service.client.send(new CreateJobCommand(job('brief', [cmaf(video(180, 300_000))])));
  let recorded: unknown;
  await service.event(({ jobId, status }) => {
    if (jobId !== Job!.Id || status !== 'COMPLETE') return false;
    // This function runs before the event is sent. It reads the file that the next process would find after a kill at this moment.
    recorded = JSON.parse(readFileSync(join(service.stack.dataFolder, 'mediaconvert/jobs.json'), 'utf8')).find(({ id }: { id: string }) => id === jobId).status;
    return true;
  });
  expect(recorded).toBe('PROGRESSING');
});

test('runs jobs one at a time; a stop kills FFmpeg and leaves no files, and the job restarts later', async () => {
  const first = await mediaConvert();
  const ids: string[] = [];
  const work = join(first.stack.dataFolder, 'mediaconvert/work');
  const children = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try { return readlinkSync(`/proc/${pid}/cwd`).startsWith(first.stack.dataFolder); } catch { return false; }
  });
  try {
    await first.put('long', clip('long.mp4', '-f lavfi -i testsrc2=s=640x360:r=30:d=60 -pix_fmt yuv420p -c:v libx264 -preset ultrafast'));
    for (let index = 0; index < 2; index += 1) ids.push((await first.client.send(new CreateJobCommand(job('long', [cmaf(video(360, 900_000))])))).Job!.Id!);
    await first.event(({ jobId, status }) => jobId === ids[0] && status === 'PROGRESSING');
    for (let tries = 0; tries < 100 && !existsSync(join(work, ids[0], 'g0o0init.cmfv')); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await first.client.send(new GetJobCommand({ Id: ids[1] }))).Job!.Status).toBe('SUBMITTED');
    expect(readdirSync(work)).toEqual([ids[0]]);
    if (existsSync('/proc/self')) expect(children().length).toBeGreaterThan(0);
  } finally {
    await first.stop(true);
  }
  expect(readdirSync(work)).toEqual([]);
  // The shell that runs FFmpeg ends shortly after FFmpeg was killed.
  if (existsSync('/proc/self')) await until(() => children().length === 0);
  expect(first.store.list('media')).toEqual([]);

  const again = await mediaConvert({ dataFolder: first.stack.dataFolder });
  try {
    await again.put('long', clip('short.mp4', '-f lavfi -i testsrc2=s=320x180:r=30:d=1 -pix_fmt yuv420p'));
    again.service.start();
    for (const id of ids) expect((await again.event(({ jobId, status }) => jobId === id && /COMPLETE|ERROR/.test(status))).detail.status).toBe('COMPLETE');
  } finally {
    await again.stop();
  }
});
