import { readFileSync, rmSync } from 'fs';
import { join } from 'path';
import {
  CancelJobCommand, CreateJobCommand, GetJobCommand, ListJobsCommand, ProbeCommand, SearchJobsCommand, type CreateJobCommandInput,
} from '@aws-sdk/client-mediaconvert';
import { audio, clip, cmaf, FOLDER, frames, job, mediaConvert, QUEUE, ROLE, video } from './fixture';

let service: Awaited<ReturnType<typeof mediaConvert>>;
let time = Date.now();
beforeAll(async () => {
  service = await mediaConvert({ now: () => time });
});
afterAll(async () => {
  await service.stop();
  rmSync(FOLDER, { recursive: true });
});
const create = (input: CreateJobCommandInput) => service.client.send(new CreateJobCommand(input));
const valid = () => job('none', [cmaf(video(180, 300_000), audio())]);
function changed(path: string, value: unknown): CreateJobCommandInput {
  const input = structuredClone(valid());
  const names = path.split('.');
  const last = names.pop()!;
  const at = names.reduce<Record<string, any>>((inner, name) => inner[name], input);
  at[last] = value;
  return input;
}
const GROUP = 'Settings.OutputGroups.0.OutputGroupSettings.CmafGroupSettings';
const VIDEO = 'Settings.OutputGroups.0.Outputs.0.VideoDescription';

test.each<[string, () => CreateJobCommandInput, RegExp]>([
  ['an unknown enum', () => changed(`${VIDEO}.CodecSettings.H264Settings.CodecProfile`, 'ULTRA'), /^\/settings\/outputGroups\/0\/outputs\/0\/videoDescription\/codecSettings\/h264Settings\/codecProfile: the local stack supports only BASELINE\|MAIN\|HIGH, got ULTRA$/],
  ['a wrong type', () => changed(`${VIDEO}.Width`, '1280'), /\/videoDescription\/width: expected a value of type number/],
  ['a list that is none', () => changed('Settings.Inputs', { FileInput: 's3://a/b' }), /\/settings\/inputs: expected a value of type array/],
  ['a value out of range', () => changed(`${VIDEO}.CodecSettings.H264Settings.QvbrSettings.QvbrQualityLevel`, 11), /qvbrQualityLevel: the local stack supports only 1..10, got 11/],
  ['an odd width', () => changed(`${VIDEO}.Width`, 321), /videoDescription: width and height must be even/],
  ['QVBR without a maximum', () => changed(`${VIDEO}.CodecSettings.H264Settings.MaxBitrate`, undefined), /h264Settings: is missing required member: maxBitrate/],
  ['a codec without its settings', () => changed(`${VIDEO}.CodecSettings.H264Settings`, undefined), /videoDescription\/codecSettings: expected h264Settings, got none/],
  ['a group without its settings', () => changed('Settings.OutputGroups.0.OutputGroupSettings.Type', 'HLS_GROUP_SETTINGS'), /outputGroupSettings\/hlsGroupSettings/],
  ['a role that trusts another service', () => changed('Role', ROLE.replace('transcoder', 'handler')), /^\/role: expected a role of the template that trusts mediaconvert/],
  ['an unknown role', () => changed('Role', ROLE.replace('transcoder', 'nobody')), /^\/role/],
  ['user metadata with special characters', () => changed('UserMetadata', { title: 'Ends & odds' }), /^\/userMetadata\/title/],
  ['long user metadata', () => changed('UserMetadata', { title: 'x'.repeat(257) }), /^\/userMetadata\/title/],
  ['much user metadata', () => changed('UserMetadata', Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, 'v']))), /^\/userMetadata\/k10: expected at most 10/],
  ['frame capture alone', () => job('none', [frames(1, 1)]), /expected at least one output that is not a frame capture/],
  ['frame capture among segments', () => changed(VIDEO, frames(1, 1).Outputs![0].VideoDescription), /codec: only a file group can contain frame captures/],
  ['no inputs', () => changed('Settings.Inputs', []), /^\/settings\/inputs/],
  ['an input that is not in S3', () => changed('Settings.Inputs.0.FileInput', 'file:///etc/passwd'), /fileInput: expected s3:/],
  ['two outputs of one name', () => changed('Settings.OutputGroups.0.Outputs.1.NameModifier', '_180p'), /name modifier/],
  ['an audio selector that is not there', () => changed('Settings.OutputGroups.0.Outputs.1.AudioDescriptions.0.AudioSourceName', 'Audio Selector 2'), /audioSourceName/],
  ['video and audio in one CMAF output', () => changed('Settings.OutputGroups.0.Outputs.0.AudioDescriptions', audio().AudioDescriptions), /can't contain both video and audio/],
  ['the wrong container', () => changed('Settings.OutputGroups.0.Outputs.0.ContainerSettings.Container', 'MP4'), /expected CMFC/],
  ['no segment length', () => changed(`${GROUP}.SegmentLength`, undefined), /segmentLength/],
  ['no queue', () => changed('Queue', undefined), /is missing required member: queue/],
  ['a tag', () => changed('Tags', { a: 'b' }), /^\/tags: the local stack does not support this member/],
  ['an unknown enum of the SDK', () => changed('Settings.Inputs.0.VideoSelector.Rotate', 'DEGREES_45'), /rotate: the local stack supports only AUTO\|DEGREES_180\|/],
  ['DASH', () => changed(`${GROUP}.WriteDashManifest`, 'ENABLED'), /cmafGroupSettings\/writeDashManifest: the local stack supports only DISABLED/],
  ['DASH left to its default', () => changed(`${GROUP}.WriteDashManifest`, undefined), /cmafGroupSettings: is missing required member: writeDashManifest/],
  ['one file', () => changed(`${GROUP}.SegmentControl`, 'SINGLE_FILE'), /segmentControl/],
  ['encryption', () => changed(`${GROUP}.Encryption`, { Type: 'STATIC_KEY' }), /cmafGroupSettings\/encryption: the local stack does not support this member/],
  ['more playlists', () => changed(`${GROUP}.AdditionalManifests`, [{ ManifestNameModifier: '_x' }]), /additionalManifests: the local stack does not support this member/],
  ['ten bits', () => changed(`${VIDEO}.CodecSettings.H264Settings.CodecProfile`, 'HIGH_10BIT'), /codecProfile: the local stack supports only BASELINE\|MAIN\|HIGH, got HIGH_10BIT/],
  ['fields', () => changed(`${VIDEO}.CodecSettings.H264Settings.InterlaceMode`, 'TOP_FIELD'), /interlaceMode: the local stack does not support this member/],
  ['captions', () => changed('Settings.OutputGroups.0.Outputs.0.CaptionDescriptions', [{ CaptionSelectorName: 'x' }]), /captionDescriptions: the local stack does not support this member/],
  ['an overlay', () => changed(`${VIDEO}.VideoPreprocessors`, { TimecodeBurnin: {} }), /videoPreprocessors: the local stack does not support this member/],
  ['another codec', () => changed(`${VIDEO}.CodecSettings.Codec`, 'H_265'), /codec: the local stack supports only H_264\|FRAME_CAPTURE/],
  ['a clip without an end', () => changed('Settings.Inputs.0.InputClippings', [{ StartTimecode: '00:00:01:00' }]), /inputClippings\/0: is missing required member: endTimecode/],
  ['a clip of no timecode', () => changed('Settings.Inputs.0.InputClippings', [{ EndTimecode: '10' }]), /endTimecode: expected HH:MM:SS:FF, got 10/],
  ['a clip of 12 hours', () => changed('Settings.Inputs.0.InputClippings', [{ EndTimecode: '12:00:00:00' }]), /endTimecode: expected less than 12 hours/],
  ['a clip by embedded timecodes', () => changed('Settings.Inputs.0', { FileInput: 's3://a/b', InputClippings: [{ EndTimecode: '00:00:10:00' }] }), /requires the timecodeSource ZEROBASED/],
  ['two clips', () => changed('Settings.Inputs.0.InputClippings', [{ EndTimecode: '00:00:10:00' }, { EndTimecode: '00:00:20:00' }]), /inputClippings: the local stack supports only one input clipping/],
  ['two inputs', () => changed('Settings.Inputs', [...valid().Settings!.Inputs!, ...valid().Settings!.Inputs!]), /^\/settings\/inputs: the local stack requires exactly one input/],
  ['a job template', () => changed('JobTemplate', 'x'), /^\/jobTemplate: the local stack does not support this member/],
])('rejects %s with the path', async (_name, input, message) => {
  await expect(create(input())).rejects.toMatchObject({ name: 'BadRequestException', $metadata: { httpStatusCode: 400 }, message: expect.stringMatching(message) });
});

test('rejects an unknown member with the path', async () => {
  // The SDK would remove properties that it does not know.
  const { config } = service.client;
  const { hostname, port } = await config.endpoint!();
  const answer = await fetch(`http://${hostname}:${port}/2017-08-29/jobs`, { method: 'POST', body: JSON.stringify({ role: ROLE, queue: QUEUE, settings: { inputs: [{ rotate: 'AUTO', fileInput: 's3://a/b' }], outputGroups: [] } }) });
  expect([answer.status, answer.headers.get('x-amzn-errortype'), (await answer.json() as Error).message])
    .toEqual([400, 'BadRequestException', '/settings/inputs/0/rotate: the API has no member with this name']);
});

test('rejects a queue that is not in the template', async () => {
  await expect(create(changed('Queue', `${QUEUE}-other`))).rejects.toMatchObject({ name: 'NotFoundException' });
});

test('a client request token returns the same job for 1 minute', async () => {
  const ids: string[] = [];
  for (const later of [0, 59_000, 2_000]) {
    time += later;
    ids.push((await create({ ...valid(), ClientRequestToken: 'once' })).Job!.Id!);
  }
  expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false]);
});

test('requires the same permissions as AWS', async () => {
  service.access.asked.length = 0;
  const { Job } = await create(valid());
  await service.event(({ jobId, status }) => jobId === Job!.Id && status === 'ERROR');
  service.access.asked.splice(2);
  await service.client.send(new GetJobCommand({ Id: Job!.Id }));
  await service.client.send(new SearchJobsCommand({ Queue: QUEUE }));
  await service.client.send(new SearchJobsCommand({}));
  await service.client.send(new ProbeCommand({ InputFiles: [] }));
  await expect(service.client.send(new ProbeCommand({ InputFiles: [{ FileUrl: 's3://sources/none' }] }))).rejects.toMatchObject({ name: 'NotFoundException' });
  expect(service.access.asked).toEqual([
    {
      action: 'mediaconvert:CreateJob', resource: QUEUE,
      // The condition keys depend on the account's input policy, and not on the job's inputs.
      context: { 'mediaconvert:HttpInputsAllowed': 'true', 'mediaconvert:HttpsInputsAllowed': 'true', 'mediaconvert:S3InputsAllowed': 'true' },
    },
    { action: 'iam:PassRole', resource: ROLE, context: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } },
    { action: 'mediaconvert:GetJob', resource: Job!.Arn },
    { action: 'mediaconvert:SearchJobs', resource: QUEUE },
    { action: 'mediaconvert:SearchJobs', resource: '*' },
    { action: 'mediaconvert:Probe', resource: '*' },
    { action: 'mediaconvert:Probe', resource: '*' },
    { action: 's3:GetObject', resource: 'arn:aws:s3:::sources/none' },
  ]);
});

test('searches jobs by input and queue, in pages', async () => {
  const ids: string[] = [];
  for (const key of ['found/a', 'found/b', 'found/c']) ids.push((await create(job(key, [cmaf(video(180, 300_000))]))).Job!.Id!);
  await service.event(({ jobId, status }) => jobId === ids[2] && status === 'ERROR');
  const search = async (input: object) => service.client.send(new SearchJobsCommand(input));
  expect((await search({ InputFile: 's3://sources/found/', Order: 'ASCENDING' })).Jobs!.map(({ Id }) => Id)).toEqual(ids);
  expect((await search({ InputFile: 's3://sources/found/b', Queue: QUEUE })).Jobs).toMatchObject([{ Id: ids[1], UserMetadata: { videoId: 'v1' }, CreatedAt: expect.any(Date) }]);
  expect((await search({ InputFile: 'found/', Queue: QUEUE.replace('vod', 'Default') })).Jobs).toEqual([]);
  await expect(search({ InputFile: 'found/', Status: 'COMPLETE' })).rejects.toMatchObject({ name: 'BadRequestException', message: expect.stringContaining('/status') });
  const first = await search({ InputFile: 'found/', MaxResults: 2 });
  expect(first.Jobs!.map(({ Id }) => Id)).toEqual([ids[2], ids[1]]);
  const second = await search({ InputFile: 'found/', MaxResults: 2, NextToken: first.NextToken });
  expect([second.Jobs!.map(({ Id }) => Id), second.NextToken]).toEqual([[ids[0]], undefined]);
  expect(JSON.parse(readFileSync(join(service.stack.dataFolder, 'mediaconvert/jobs.json'), 'utf8')).map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(ids));
});

test('returns 404 for an unknown job, and names an unsupported operation', async () => {
  await expect(service.client.send(new GetJobCommand({ Id: '1-none' }))).rejects.toMatchObject({ name: 'NotFoundException', $metadata: { httpStatusCode: 404 } });
  for (const [command, name] of [[new CancelJobCommand({ Id: '1' }), 'DELETE /2017-08-29/jobs/1'], [new ListJobsCommand({}), 'GET /2017-08-29/jobs']] as const) {
    await expect(service.client.send(command as ListJobsCommand)).rejects.toMatchObject({ name: 'NotFoundException', message: `${name} is not implemented in the local stack` });
  }
});

const probe = async (key: string, file: string | Buffer) => {
  await service.put(key, file);
  return (await service.client.send(new ProbeCommand({ InputFiles: [{ FileUrl: `s3://sources/${key}` }] }))).ProbeResults![0];
};
test('Probe returns the facts that the ladder requires', async () => {
  clip('flat.mp4', '-f lavfi -i testsrc2=s=320x180:r=30000/1001:d=2 -f lavfi -i sine=d=2:r=44100 -pix_fmt yuv420p -c:v libx264 -profile:v main -c:a aac -ac 2');
  const phone = await probe('phone', clip('phone.mov', `-i ${join(FOLDER, 'flat.mp4')} -c copy -metadata:s:v:0 rotate=270`));
  expect(phone).toMatchObject({
    Container: {
      Format: 'quicktime',
      Duration: expect.closeTo(2, 1),
      Tracks: [
        {
          Index: 1, TrackType: 'video', Codec: 'AVC', Duration: expect.closeTo(2, 1),
          VideoProperties: {
            Width: 320, Height: 180, Rotation: 90, FrameRate: { Numerator: 30000, Denominator: 1001 }, SampleAspectRatio: { Numerator: 1, Denominator: 1 },
          },
        },
        { Index: 2, TrackType: 'audio', Codec: 'AAC', AudioProperties: { Channels: 2, SampleRate: 44100 } },
      ],
    },
  });
});
test.each<[string, string, string, object]>([
  ['webm', 'a.webm', '-f lavfi -i testsrc2=s=64x64:d=0.2 -c:v libvpx', { Format: 'webm', Tracks: [{ Codec: 'VP8', TrackType: 'video' }] }],
  ['a phone\'s 3GP', 'a.3gp', '-f lavfi -i testsrc2=s=176x144:d=0.2 -c:v mpeg4', { Format: 'three_gp', Tracks: [{ Codec: 'MP4V', TrackType: 'video' }] }],
  ['matroska', 'a.mkv', '-f lavfi -i testsrc2=s=64x64:d=0.2 -c:v mpeg4', { Format: 'matroska', Tracks: [{ Codec: 'MP4V' }] }],
  ['transport stream', 'a.ts', '-f lavfi -i testsrc2=s=64x64:d=0.2 -c:v mpeg2video', { Format: 'mpegts', Tracks: [{ Codec: 'MPEG2' }] }],
  ['wave', 'a.wav', '-f lavfi -i sine=d=0.2', { Format: 'wave', Tracks: [{ Codec: 'PCM', TrackType: 'audio' }] }],
])('Probe of %s', async (_name, file, args, container) => {
  expect((await probe('any', clip(file, args))).Container).toMatchObject(container);
});
test('Probe rejects an archived object', async () => {
  await probe('archived', Buffer.from('video'));
  service.store.update('sources', 'archived', { storageClass: 'GLACIER' });
  const input = { InputFiles: [{ FileUrl: 's3://sources/archived' }] };
  await expect(service.client.send(new ProbeCommand(input))).rejects.toMatchObject({ name: 'ForbiddenException', $metadata: { httpStatusCode: 403 } });
});

test('Probe returns no format and no tracks for a file that is not media', async () => {
  const result = await probe('letter', Buffer.from('Dear reader\n'));
  expect(result).toMatchObject({ Container: { Tracks: [] } });
  expect(result.Container!.Format).toBeUndefined();
});
