import { randomBytes } from 'crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import type { Store } from '../s3/store';
import { AwsError, type Access, type DoorRequest, type DoorService, type LocalStack, type Need, type Part, type PutEvent } from '../types';
import { CONFINED, inspect, SOURCE } from './ffmpeg';
import { bad, createModel, type Job } from './model';
import { probeResult } from './probe';
import { checkRules, JobError, parseS3 } from './rules';
import { inFolder, runJob, type GroupDetail, type Phase } from './run-job';

const API = '/2017-08-29';
const PHASES: Phase[] = ['PROBING', 'TRANSCODING', 'UPLOADING'];
const MOST_AT_ONCE = 2;

export interface MediaConvertProps {
  readonly stack: LocalStack;
  readonly access: Access;
  readonly store: Store;
  readonly putEvent: PutEvent;
  /** Milliseconds; the client request token lives by it. */
  readonly now?: () => number;
}

function parse(body: Buffer | undefined): any {
  try {
    return JSON.parse(body?.toString() || '{}');
  } catch {
    throw new AwsError('BadRequestException', 'The request body is no JSON');
  }
}

/**
 * MediaConvert for one machine: its API, its rules and its events, with FFmpeg doing the work. Jobs live in a file; one
 * that was running when the process ended starts anew with `start`.
 */
export function createMediaConvert({ stack, access, store, putEvent, now = Date.now }: MediaConvertProps): { service: DoorService; start(): void } & Part {
  const folder = join(stack.dataFolder, 'mediaconvert');
  const file = join(folder, 'jobs.json');
  const model = createModel();
  const prefix = `arn:aws:mediaconvert:${stack.region}:${stack.account}`;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  rmSync(join(folder, 'work'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const jobs: Job[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  for (const job of jobs) if (job.status === 'PROGRESSING') job.status = 'SUBMITTED';

  const save = () => {
    writeFileSync(`${file}.new`, JSON.stringify(jobs));
    renameSync(`${file}.new`, file);
  };
  const seconds = () => Math.floor(now() / 1000);

  function queueOf(queue?: string): string {
    const name = queue?.replace(`${prefix}:queues/`, '') ?? 'Default';
    if (name === 'Default') return `${prefix}:queues/Default`;
    const found = stack.ofType('AWS::MediaConvert::Queue').find(({ attributes, physicalId, properties }) => [attributes.Arn, physicalId, properties.Name].includes(queue));
    return found?.attributes.Arn ?? `${prefix}:queues/${name}`;
  }
  const known = (queue: string) => queue.endsWith(':queues/Default') || stack.ofType('AWS::MediaConvert::Queue').some(({ attributes }) => attributes.Arn === queue);
  const jobOf = (path: string): Job => {
    const job = jobs.find(({ id }) => id === decodeURIComponent(path.slice(`${API}/jobs/`.length)));
    if (!job) throw new AwsError('NotFoundException', 'The resource you requested does not exist.', 404);
    return job;
  };

  function emit(job: Job, status: string, more: Record<string, unknown> = {}): void {
    const detail = { timestamp: now(), accountId: stack.account, queue: job.queue, jobId: job.id, status, userMetadata: job.userMetadata ?? {}, ...more };
    putEvent({ 'source': 'aws.mediaconvert', 'detail-type': 'MediaConvert Job State Change', 'resources': [job.arn!], detail });
  }

  /** Sends STATUS_UPDATE at the job's interval, and once in the middle of a job that is shorter than that. */
  function progressOf(job: Job) {
    const interval = Number((job.statusUpdateInterval ?? 'SECONDS_60').replace('SECONDS_', '')) * 1000;
    let last: number | undefined;
    const begun = now();
    return (phase: Phase, percent?: number) => {
      Object.assign(job, { currentPhase: phase, jobPercentComplete: percent });
      const middle = last === undefined && (phase === 'UPLOADING' || (percent ?? 0) >= 25);
      if (!middle && now() - (last ?? begun) < interval) return;
      last = now();
      const at = PHASES.indexOf(phase);
      const phaseProgress = Object.fromEntries(PHASES.map((name, index) =>
        [name, index < at ? { status: 'COMPLETE', percentComplete: 100 } : index > at ? { status: 'PENDING', percentComplete: 0 } : { status: 'PROGRESSING', percentComplete: percent ?? 0 }]));
      emit(job, 'STATUS_UPDATE', { jobProgress: { phaseProgress, ...percent !== undefined && { jobPercentComplete: percent }, currentPhase: phase, retryCount: 0 } });
    };
  }

  async function work(job: Job): Promise<void> {
    Object.assign(job, { status: 'PROGRESSING', timing: { ...job.timing, startTime: seconds() } });
    save();
    emit(job, 'PROGRESSING');
    const finish = (status: 'COMPLETE' | 'ERROR', facts: Partial<Job>, more: Record<string, unknown>) => {
      Object.assign(job, facts, { status, timing: { ...job.timing, finishTime: seconds() }, currentPhase: undefined });
      save();
      emit(job, status, more);
    };
    try {
      const { details, warnings } = await runJob(job, join(folder, 'work', job.id!), { access, store, signal: stopping.signal }, progressOf(job));
      finish('COMPLETE', { jobPercentComplete: 100, messages: { info: [], warning: warnings }, outputGroupDetails: details.map(shortened) }, { outputGroupDetails: details });
    } catch (error) {
      if (stopping.signal.aborted) return; // resumed at the next start
      const [errorCode, errorMessage] = error instanceof JobError ? [error.code, error.message] : [1999, `Unexpected error: ${(error as Error).message}`];
      finish('ERROR', { errorCode, errorMessage, jobPercentComplete: undefined }, { errorCode, errorMessage });
    }
  }
  const shortened = ({ outputDetails }: GroupDetail) => ({
    outputDetails: outputDetails.map(({ durationInMs, videoDetails }) =>
      ({ durationInMs, ...videoDetails && { videoDetails: { widthInPx: videoDetails.widthInPx, heightInPx: videoDetails.heightInPx } } })),
  });

  function start(): void {
    if (stopping.signal.aborted || running.size >= MOST_AT_ONCE) return;
    const job = jobs.find(({ status }) => status === 'SUBMITTED');
    if (!job) return;
    const done: Promise<void> = work(job).finally(() => { running.delete(done); start(); });
    running.add(done);
    start();
  }

  function createJob(request: Record<string, any>): Job {
    model.createJob(request);
    const queue = queueOf(request.queue);
    if (!known(queue)) throw new AwsError('NotFoundException', `The specified queue does not exist: ${queue}`, 404);
    const unsupported = ['jobTemplate', 'hopDestinations', 'elementalInferenceSettings', 'jobEngineVersion'].find((member) => request[member] !== undefined);
    if (unsupported) throw bad(`/${unsupported}`, 'is not supported on one machine');
    checkRules(request as Job, stack);
    const { clientRequestToken: token } = request;
    const same = token && jobs.find((job) => job.clientRequestToken === token && now() - Number(job.id!.split('-')[0]) < 60_000);
    if (same) return same;
    const id = `${now()}-${randomBytes(3).toString('hex')}`;
    const { tags: _, ...rest } = request;
    const job = {
      ...rest, queue, id, arn: `${prefix}:jobs/${id}`, createdAt: seconds(), status: 'SUBMITTED', timing: { submitTime: seconds() }, priority: request.priority ?? 0,
      userMetadata: request.userMetadata ?? {}, statusUpdateInterval: request.statusUpdateInterval ?? 'SECONDS_60', accelerationStatus: 'NOT_APPLICABLE',
    } as Job;
    jobs.push(job);
    save();
    setImmediate(start);
    return job;
  }

  function search(query: URLSearchParams): { jobs: Job[]; nextToken?: string } {
    const [input, queue, status, most, token] = ['inputFile', 'queue', 'status', 'maxResults', 'nextToken'].map((name) => query.get(name));
    if (most && !(+most >= 1 && +most <= 20)) throw bad('/maxResults', 'should be from 1 to 20');
    const found = jobs.filter((job) => (!queue || job.queue === queueOf(queue)) && (!status || job.status === status)
      && (!input || job.settings!.inputs!.some(({ fileInput }) => fileInput!.includes(input))));
    if (query.get('order') !== 'ASCENDING') found.reverse();
    const from = token ? found.findIndex(({ id }) => id === token) + 1 : 0;
    const page = found.slice(from, from + Number(most ?? 20));
    return { jobs: page, ...from + page.length < found.length && { nextToken: page.at(-1)!.id } };
  }

  async function probe(request: { inputFiles?: { fileUrl?: string }[] }) {
    const probeResults = await Promise.all((request.inputFiles ?? []).map(async ({ fileUrl }, index) => {
      const { bucket, key } = parseS3(fileUrl, `/inputFiles/${index}/fileUrl`);
      const meta = store.get(bucket, key);
      if (!meta) throw bad(`/inputFiles/${index}/fileUrl`, `no such object: ${fileUrl}`);
      const place = join(folder, 'work', `probe-${randomBytes(6).toString('hex')}`);
      return probeResult(await inFolder(place, meta.path, () => inspect(SOURCE, place, stopping.signal, CONFINED)).catch(() => undefined), meta);
    }));
    return { probeResults };
  }

  /** The operation a request means, with what it needs to be allowed (AWS's service authorization reference). */
  function route({ method, path, query, body }: DoorRequest): { needs: () => Need[]; run: () => Promise<[number, unknown]> } {
    const job: Need = { action: '', resource: `${prefix}:jobs/${decodeURIComponent(path.slice(`${API}/jobs/`.length))}` };
    const searched = (action: string) => ({ needs: () => [{ action, resource: query.get('queue') ? queueOf(query.get('queue')!) : '*' }], run: async (): Promise<[number, unknown]> => [200, search(query)] });
    switch (`${method} ${path.replace(/(\/jobs)\/[^/]+$/, '$1/ID')}`) {
      case `POST ${API}/jobs`: return {
        needs: () => {
          const { role, queue, tags } = parse(body);
          return [
            { action: 'mediaconvert:CreateJob', resource: queueOf(queue) },
            ...typeof role === 'string' ? [{ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } }] : [],
            ...tags ? [{ action: 'mediaconvert:TagResource', resource: `${prefix}:jobs/*` }] : [],
          ];
        },
        run: async () => [201, { job: createJob(parse(body)) }],
      };
      case `GET ${API}/jobs/ID`: return { needs: () => [{ ...job, action: 'mediaconvert:GetJob' }], run: async () => [200, { job: jobOf(path) }] };
      case `DELETE ${API}/jobs/ID`: return {
        needs: () => [{ ...job, action: 'mediaconvert:CancelJob' }],
        run: async () => {
          const waiting = jobOf(path);
          if (waiting.status !== 'SUBMITTED') throw new AwsError('ConflictException', `The job is ${waiting.status}: only one that waits can be canceled`, 409);
          waiting.status = 'CANCELED';
          save();
          emit(waiting, 'CANCELED');
          return [202, {}];
        },
      };
      case `GET ${API}/jobs`: return searched('mediaconvert:ListJobs');
      case `GET ${API}/search`: return searched('mediaconvert:SearchJobs');
      case `POST ${API}/probe`: return {
        needs: () => [
          { action: 'mediaconvert:Probe', resource: '*' },
          ...((model.probe(parse(body)), parse(body).inputFiles ?? []) as { fileUrl?: string }[]).map(({ fileUrl }, index) => {
            const { bucket, key } = parseS3(fileUrl, `/inputFiles/${index}/fileUrl`);
            return { action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` };
          }),
        ],
        run: async () => [200, await probe(parse(body))],
      };
      default: throw new AwsError('NotFoundException', `${method} ${path} is not implemented on one machine`, 404);
    }
  }

  const service: DoorService = {
    name: 'mediaconvert',
    needs: (request) => route(request).needs(),
    async handle(request, response) {
      const [status, answer] = await route(request).run();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    },
    fail(error, response) {
      const code = error.code === 'AccessDenied' ? 'AccessDeniedException' : error.code;
      response.writeHead(error.status, { 'content-type': 'application/json', 'x-amzn-errortype': code }).end(JSON.stringify({ message: error.message }));
    },
  };
  return {
    service,
    start,
    async stop() {
      stopping.abort();
      await Promise.all(running);
      rmSync(join(folder, 'work'), { recursive: true, force: true });
    },
  };
}
