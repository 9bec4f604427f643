import { randomBytes } from 'crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { setImmediate as soon } from 'timers/promises';
import type { Store } from '../s3/store';
import { failJson, inputOf, type Json } from '../services/json';
import { AwsError, type Access, type DoorRequest, type DoorService, type LocalStack, type Need, type Part, type PutEvent } from '../types';
import { CONFINED, inspect, JobError, SOURCE } from './ffmpeg';
import { parseS3 } from './groups';
import { bad, createModel, type Job } from './model';
import { probeResult } from './probe';
import { checkRules } from './rules';
import { inFolder, runJob, type Phase } from './run-job';

const PHASES: Phase[] = ['PROBING', 'TRANSCODING', 'UPLOADING'];
/** How long a client request token is remembered. */
const TOKEN_MS = 60_000;
const MOST_FOUND = 20;

interface Call { input: Json; query: Record<string, string | undefined>; id: string }
/** By method and collection: what a call needs to be allowed (AWS's service authorization reference), and what it answers. */
type Operations = Record<string, (call: Call) => { needs: Need[]; run(): unknown; status?: number }>;

/**
 * MediaConvert for one machine: its API, its rules and its events, with FFmpeg doing the work, one job after the other. Jobs live in a
 * file; those that had not ended when the process did start anew with `start`. `now` is in milliseconds.
 */
export function createMediaConvert({ stack, access, store, putEvent, now = Date.now }: {
  stack: LocalStack; access: Pick<Access, 'require'>; store: Store; putEvent: PutEvent; now?: () => number;
}): { service: DoorService; start(): void } & Part {
  const folder = join(stack.dataFolder, 'mediaconvert');
  const file = join(folder, 'jobs.json');
  const model = createModel();
  const prefix = `arn:aws:mediaconvert:${stack.region}:${stack.account}`;
  const stopping = new AbortController();
  rmSync(join(folder, 'work'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const jobs: Job[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const interrupted = jobs.filter(({ status }) => status === 'SUBMITTED' || status === 'PROGRESSING');
  let line = Promise.resolve();

  const seconds = () => Math.floor(now() / 1000);

  /** Writes a job's new facts down. */
  function change(job: Job, facts: Partial<Job>): void {
    Object.assign(job, facts);
    writeFileSync(`${file}.new`, JSON.stringify(jobs));
    renameSync(`${file}.new`, file);
  }
  function emit({ id: jobId, arn, queue, userMetadata }: Job, status: string, more: Json = {}): void {
    const detail = { timestamp: now(), accountId: stack.account, queue, jobId, status, userMetadata, ...more };
    putEvent({ 'source': 'aws.mediaconvert', 'detail-type': 'MediaConvert Job State Change', 'resources': [arn!], detail });
  }

  /** Sends STATUS_UPDATE at the job's interval, and once in the middle of a job that is shorter than that. */
  function progressOf(job: Job) {
    const interval = Number(job.statusUpdateInterval!.replace('SECONDS_', '')) * 1000;
    const begun = now();
    let last: number | undefined;
    return (currentPhase: Phase, jobPercentComplete?: number) => {
      Object.assign(job, { currentPhase, jobPercentComplete });
      const middle = !last && (currentPhase === 'UPLOADING' || (jobPercentComplete ?? 0) >= 25);
      if (!middle && now() - (last ?? begun) < interval) return;
      last = now();
      const at = PHASES.indexOf(currentPhase);
      const phaseProgress = Object.fromEntries(PHASES.map((name, index) => [name, index < at ? { status: 'COMPLETE', percentComplete: 100 }
        : index > at ? { status: 'PENDING', percentComplete: 0 } : { status: 'PROGRESSING', percentComplete: jobPercentComplete ?? 0 }]));
      emit(job, 'STATUS_UPDATE', { jobProgress: { phaseProgress, jobPercentComplete, currentPhase, retryCount: 0 } });
    };
  }

  async function work(job: Job): Promise<void> {
    const { signal } = stopping;
    if (signal.aborted) return;
    const end = (status: 'COMPLETE' | 'ERROR', facts: Partial<Job>) => {
      change(job, { status, currentPhase: undefined, jobPercentComplete: undefined, timing: { ...job.timing, finishTime: seconds() }, ...facts });
      emit(job, status, facts);
    };
    change(job, { status: 'PROGRESSING', timing: { ...job.timing, startTime: seconds() } });
    emit(job, 'PROGRESSING');
    try {
      end('COMPLETE', { outputGroupDetails: await runJob(job, join(folder, 'work', job.id!), { access, store, signal }, progressOf(job)) });
    } catch (error) {
      // One that is stopped is resumed at the next start.
      if (!signal.aborted) end('ERROR', { errorCode: error instanceof JobError ? error.code : 1999, errorMessage: (error as Error).message });
    }
  }
  /** Puts a job in line; whoever created it has its answer before it begins. */
  const enqueue = (job: Job) => { line = line.then(() => soon()).then(() => work(job)); };

  function createJob(request: Json): Job {
    model.createJob(request);
    checkRules(request as Job, stack);
    const { queue, clientRequestToken: token } = request;
    const known = stack.ofType('AWS::MediaConvert::Queue').some(({ attributes }) => attributes.Arn === queue);
    if (!known) throw new AwsError('NotFoundException', `The specified queue does not exist: ${queue}`, 404);
    const same = token && jobs.find((job) => job.clientRequestToken === token && now() - Number(job.id!.split('-')[0]) < TOKEN_MS);
    if (same) return same;
    const id = `${now()}-${randomBytes(3).toString('hex')}`;
    const facts = { id, arn: `${prefix}:jobs/${id}`, status: 'SUBMITTED', createdAt: seconds(), timing: { submitTime: seconds() } };
    const job = { userMetadata: {}, statusUpdateInterval: 'SECONDS_60', ...request, ...facts } as unknown as Job;
    jobs.push(job);
    change(job, {});
    enqueue(job);
    return job;
  }

  function search({ inputFile, queue, order, maxResults = MOST_FOUND, nextToken, ...unknown }: Record<string, string | number | undefined>) {
    for (const name of Object.keys(unknown)) throw bad(`/${name}`, 'is not supported on one machine');
    const found = jobs.filter((job) => (!queue || job.queue === queue) && job.settings.inputs![0].fileInput!.includes(`${inputFile ?? ''}`));
    if (order !== 'ASCENDING') found.reverse();
    const from = found.findIndex(({ id }) => id === nextToken) + 1;
    const page = found.slice(from, from + Math.min(MOST_FOUND, Number(maxResults)));
    return { jobs: page, nextToken: from + page.length < found.length ? page.at(-1)!.id : undefined };
  }

  async function probe({ bucket, key }: { bucket: string; key: string }) {
    const meta = store.get(bucket, key);
    if (!meta) throw bad('/inputFiles', `no such object: s3://${bucket}/${key}`);
    const place = join(folder, 'work', `probe-${randomBytes(6).toString('hex')}`);
    return probeResult(await inFolder(place, meta.path, () => inspect(SOURCE, place, stopping.signal, CONFINED)).catch(() => undefined));
  }

  const operations: Operations = {
    'POST jobs': ({ input }) => ({
      needs: [
        { action: 'mediaconvert:CreateJob', resource: input.queue ?? '*' },
        { action: 'iam:PassRole', resource: input.role ?? '*', context: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } },
      ],
      run: () => ({ job: createJob(input) }),
      status: 201,
    }),
    'GET jobs/ID': ({ id }) => ({
      needs: [{ action: 'mediaconvert:GetJob', resource: `${prefix}:jobs/${id}` }],
      run() {
        const job = jobs.find((one) => one.id === id);
        if (!job) throw new AwsError('NotFoundException', 'The resource you requested does not exist.', 404);
        return { job };
      },
    }),
    'GET search': ({ query }) => ({ needs: [{ action: 'mediaconvert:SearchJobs', resource: query.queue ?? '*' }], run: () => search(query) }),
    'POST probe': ({ input }) => {
      model.probe(input);
      const objects = (input.inputFiles as { fileUrl: string }[]).map(({ fileUrl }, index) => parseS3(fileUrl, `/inputFiles/${index}/fileUrl`));
      const reads = objects.map(({ bucket, key }) => ({ action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` }));
      return { needs: [{ action: 'mediaconvert:Probe', resource: '*' }, ...reads], run: async () => ({ probeResults: await Promise.all(objects.map(probe)) }) };
    },
  };
  /** What a request to `/2017-08-29/jobs/ID` and its like means. */
  function operationOf({ method, path, query, body }: DoorRequest) {
    const [, , collection, id = ''] = path.split('/').map(decodeURIComponent);
    const operation = operations[`${method} ${collection}${id && '/ID'}`];
    if (!operation) throw new AwsError('NotFoundException', `${method} ${path} is not implemented on one machine`, 404);
    return operation({ input: inputOf(body), query: Object.fromEntries(query), id });
  }

  const service: DoorService = {
    name: 'mediaconvert',
    needs: (request) => operationOf(request).needs,
    async handle(request, response) {
      const { run, status = 200 } = operationOf(request);
      const answer = JSON.stringify(await run());
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    },
    fail: failJson,
  };
  return {
    service,
    start: () => interrupted.forEach(enqueue),
    async stop() {
      stopping.abort();
      await line;
      rmSync(join(folder, 'work'), { recursive: true, force: true });
    },
  };
}
