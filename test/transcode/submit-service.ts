import { CreateJobCommand, MediaConvertClient, MediaConvertServiceException, ProbeCommand, SearchJobsCommand } from '@aws-sdk/client-mediaconvert';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { startTable, VIDEO_ID } from './videos';
import { DEFAULT_LADDER } from '../../src/transcode/job/ladder';

export const QUEUE_ARN = 'arn:aws:mediaconvert:eu-west-1:111122223333:queues/q';
export const PROBED = {
  Container: {
    Format: 'mp4' as const,
    Duration: 60,
    Tracks: [{ TrackType: 'video' as const, Codec: 'AVC' as const, VideoProperties: { Width: 640, Height: 360 } }, { TrackType: 'audio' as const, Codec: 'AAC' as const }],
  },
};

export const mediaConvert = mockClient(MediaConvertClient);

export async function startSubmit() {
  const table = await startTable();
  Object.assign(process.env, {
    MEDIA_BUCKET: 'media',
    QUEUE_ARN,
    JOB_ROLE_ARN: 'arn:aws:iam::111122223333:role/job',
    MAX_RECEIVES: '5',
    TRANSCODE_SETTINGS: JSON.stringify({ ladder: DEFAULT_LADDER, segmentSeconds: 6, maxFrameRate: 30, maxDurationSeconds: 3600 }),
  });
  // The handler reads its environment when it is imported.
  const { handler } = jest.requireActual<{ handler: (event: SQSEvent, context: object) => Promise<SQSBatchResponse> }>('../../src/transcode/submit-job.lambda');
  const logged: string[] = [];
  return {
    table,
    logged,
    reset(): void {
      mediaConvert.reset();
      mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [PROBED] });
      mediaConvert.on(CreateJobCommand).resolves({ Job: { Id: 'job-1', Role: 'r', Settings: {} } });
      mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [] });
      logged.length = 0;
      for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation((...line: unknown[]) => void logged.push(JSON.stringify(line)));
    },
    async send(...records: SQSEvent['Records']): Promise<string[]> {
      const { batchItemFailures } = await handler({ Records: records }, { getRemainingTimeInMillis: () => 60_000 });
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },
  };
}

export type Submit = Awaited<ReturnType<typeof startSubmit>>;

export const calls = (): string[] => mediaConvert.calls().map(({ firstArg }) => firstArg.constructor.name);

export function created(key = `source/${VIDEO_ID}/original`, size = 42): string {
  return JSON.stringify({ 'detail-type': 'Object Created', 'detail': { bucket: { name: 'sources' }, object: { key, size } } });
}

export function message(body = created(), messageId = 'message-1', receives = 1, sentAt = Date.now()) {
  return { body, messageId, attributes: { ApproximateReceiveCount: `${receives}`, SentTimestamp: `${sentAt}` } } as SQSEvent['Records'][number];
}

export function refusal(name: string, text = 'because') {
  return new MediaConvertServiceException({ $metadata: {}, $fault: 'client', name, message: text });
}
