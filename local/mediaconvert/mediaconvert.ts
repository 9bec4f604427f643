import { randomBytes } from 'crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import type { Store } from '../s3/store';
import { failJson, inputOf } from '../services/json';
import { AwsError, type Access, type DoorRequest, type DoorService, type LocalStack, type Need, type Part, type PutEvent } from '../types';
import { CONFINED, inspect, SOURCE } from './ffmpeg';
import { bad, createModel, type Job } from './model';
import { probeResult } from './probe';
import { checkRules, JobError, parseS3 } from './rules';
import { inFolder, runJob, type Phase } from './run-job';

const API = '/2017-08-29';
const PHASES: Phase[] = ['PROBING', 'TRANSCODING', 'UPLOADING'];
const MOST_AT_ONCE = 2;
const UNSUPPORTED = ['jobTemplate', 'hopDestinations', 'elementalInferenceSettings', 'jobEngineVersion', 'simulateReservedQueue'];

/** What MediaConvert works with; `now` (milliseconds) is what the client request token lives by. */
export interface MediaConvertProps {
  readonly stack: LocalStack;
  readonly access: Pick<Access, 'require' | 'trusts'>;
  readonly store: Store;
  readonly putEvent: PutEvent;
  readonly now?: () => number;
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
  const queues = stack.ofType('AWS::MediaConvert::Queue').map(({ attributes, properties }) => ({ arn: attributes.Arn, name: properties.Name as string }));
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  rmSync(join(folder, 'work'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const jobs: Job[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  for (const job of jobs) if (job.status === 'PROGRESSING') job.status = 'SUBMITTED';

  const seconds = () => Math.floor(now() / 1000);
  const queueOf = (queue = 'Default') => queues.find(({ arn, name }) => queue === arn || queue === name)?.arn ?? (queue.startsWith('arn:') ? queue : `${prefix}:queues/${queue}`);

  /** Writes a job's new facts down, then tells them. */
  function change(job: Job, facts: Partial<Job>, more?: Record<string, unknown>): void {
    Object.assign(job, facts);
    writeFileSync(`${file}.new`, JSON.stringify(jobs));
    renameSync(`${file}.new`, file);
    if (more) emit(job, job.status!, more);
  }
  function emit(job: Job, status: string, more: Record<string, unknown>): void {
    const detail = { timestamp: now(), accountId: stack.account, queue: job.queue, jobId: job.id, status, userMetadata: job.userMetadata, ...more };
    putEvent({ 'source': 'aws.mediaconvert', 'detail-type': 'MediaConvert Job State Change', 'resources': [job.arn!], detail });
  }

  /** Sends STATUS_UPDATE at the job's interval, and once in the middle of a job that is shorter than that. */
  function progressOf(job: Job) {
    const interval = Number(job.statusUpdateInterval!.replace('SECONDS_', '')) * 1000;
    const begun = now();
    let last: number | undefined;
    return (phase: Phase, percent?: number) => {
      Object.assign(job, { currentPhase: phase, jobPercentComplete: percent });
      const middle = last === undefined && (phase === 'UPLOADING' || (percent ?? 0) >= 25);
      if (!middle && now() - (last ?? begun) < interval) return;
      last = now();
      const at = PHASES.indexOf(phase);
      const phaseProgress = Object.fromEntries(PHASES.map((name, index) => [name, index < at ? { status: 'COMPLETE', percentComplete: 100 }
        : index > at ? { status: 'PENDING', percentComplete: 0 } : { status: 'PROGRESSING', percentComplete: percent ?? 0 }]));
      emit(job, 'STATUS_UPDATE', { jobProgress: { phaseProgress, ...percent !== undefined && { jobPercentComplete: percent }, currentPhase: phase, retryCount: 0 } });
    };
  }

  async function work(job: Job): Promise<void> {
    change(job, { status: 'PROGRESSING', timing: { ...job.timing, startTime: seconds() } }, {});
    const end = () => ({ currentPhase: undefined, timing: { ...job.timing, finishTime: seconds() } });
    try {
      const { details, warnings } = await runJob(job, join(folder, 'work', job.id!), { access, store, signal: stopping.signal }, progressOf(job));
      // The API tells less of its outputs than the event does.
      const outputGroupDetails = details.map(({ outputDetails }) => ({
        outputDetails: outputDetails.map(({ durationInMs, videoDetails: video }) =>
          ({ durationInMs, ...video && { videoDetails: { widthInPx: video.widthInPx, heightInPx: video.heightInPx } } })),
      }));
      const messages = { info: [], warning: warnings };
      change(job, { status: 'COMPLETE', jobPercentComplete: 100, messages, outputGroupDetails, ...end() }, { outputGroupDetails: details });
    } catch (error) {
      if (stopping.signal.aborted) return; // resumed at the next start
      const errorCode = error instanceof JobError ? error.code : 1999;
      const errorMessage = (error as Error).message;
      change(job, { status: 'ERROR', errorCode, errorMessage, jobPercentComplete: undefined, ...end() }, { errorCode, errorMessage });
    }
  }

  function start(): void {
    const job = jobs.find(({ status }) => status === 'SUBMITTED');
    if (!job || stopping.signal.aborted || running.size >= MOST_AT_ONCE) return;
    const done: Promise<void> = work(job).finally(() => {
      running.delete(done);
      start();
    });
    running.add(done);
    start();
  }

  async function createJob(request: Record<string, any>): Promise<Job> {
    model.createJob(request);
    const queue = queueOf(request.queue);
    if (queue !== queueOf() && !queues.some(({ arn }) => arn === queue)) throw new AwsError('NotFoundException', `The specified queue does not exist: ${queue}`, 404);
    const unsupported = UNSUPPORTED.find((member) => request[member] !== undefined);
    if (unsupported) throw bad(`/${unsupported}`, 'is not supported on one machine');
    checkRules(request as Job);
    const trusted = await access.trusts(request.role, 'mediaconvert.amazonaws.com');
    if (!trusted) throw bad('/role', `is no role of the template that trusts mediaconvert.amazonaws.com: ${request.role}`);
    const { clientRequestToken: token, tags: _, ...rest } = request;
    const same = token && jobs.find((job) => job.clientRequestToken === token && now() - Number(job.id!.split('-')[0]) < 60_000);
    if (same) return same;
    const id = `${now()}-${randomBytes(3).toString('hex')}`;
    const job = {
      userMetadata: {}, statusUpdateInterval: 'SECONDS_60', priority: 0, accelerationStatus: 'NOT_APPLICABLE',
      ...rest, clientRequestToken: token, queue, id, arn: `${prefix}:jobs/${id}`, createdAt: seconds(), status: 'SUBMITTED', timing: { submitTime: seconds() },
    } as unknown as Job;
    jobs.push(job);
    change(job, {});
    setImmediate(start);
    return job;
  }

  function search(query: URLSearchParams): { jobs: Job[]; nextToken?: string } {
    const [input, queue, status, token] = ['inputFile', 'queue', 'status', 'nextToken'].map((name) => query.get(name));
    const most = Number(query.get('maxResults') ?? 20);
    if (!(most >= 1 && most <= 20)) throw bad('/maxResults', 'should be from 1 to 20');
    const found = jobs.filter((job) => (!queue || job.queue === queueOf(queue)) && (!status || job.status === status)
      && (!input || job.settings.inputs!.some(({ fileInput }) => fileInput!.includes(input))));
    if (query.get('order') !== 'ASCENDING') found.reverse();
    const from = token ? found.findIndex(({ id }) => id === token) + 1 : 0;
    const page = found.slice(from, from + most);
    return { jobs: page, ...from + page.length < found.length && { nextToken: page.at(-1)!.id } };
  }

  function probed(body: Buffer | undefined) {
    const request = inputOf(body);
    model.probe(request);
    return ((request.inputFiles ?? []) as { fileUrl?: string }[]).map(({ fileUrl }, index) => parseS3(fileUrl, `/inputFiles/${index}/fileUrl`));
  }
  async function probe({ bucket, key }: { bucket: string; key: string }) {
    const meta = store.get(bucket, key);
    if (!meta) throw bad('/inputFiles', `no such object: s3://${bucket}/${key}`);
    const place = join(folder, 'work', `probe-${randomBytes(6).toString('hex')}`);
    return probeResult(await inFolder(place, meta.path, () => inspect(SOURCE, place, stopping.signal, CONFINED)).catch(() => undefined), meta);
  }

  /** The operation a request means, with what it needs to be allowed (AWS's service authorization reference). */
  function route({ method, path, query, body }: DoorRequest): { needs: () => Need[]; run: () => unknown; status?: number } {
    const id = decodeURIComponent(path.slice(`${API}/jobs/`.length));
    const jobOf = () => {
      const job = jobs.find((one) => one.id === id);
      if (!job) throw new AwsError('NotFoundException', 'The resource you requested does not exist.', 404);
      return job;
    };
    const onJob = (action: string) => () => [{ action, resource: `${prefix}:jobs/${id}` }];
    const onQueue = (action: string) => () => [{ action, resource: query.get('queue') ? queueOf(query.get('queue')!) : '*' }];
    switch (`${method} ${path.slice(API.length).replace(/(\/jobs)\/[^/]+$/, '$1/ID')}`) {
      case 'POST /jobs': return {
        needs: () => {
          const { role, queue, tags } = inputOf(body);
          return [
            { action: 'mediaconvert:CreateJob', resource: queueOf(queue) },
            ...typeof role === 'string' ? [{ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } }] : [],
            ...tags ? [{ action: 'mediaconvert:TagResource', resource: `${prefix}:jobs/*` }] : [],
          ];
        },
        run: async () => ({ job: await createJob(inputOf(body)) }),
        status: 201,
      };
      case 'GET /jobs': return { needs: onQueue('mediaconvert:ListJobs'), run: () => search(query) };
      case 'GET /search': return { needs: onQueue('mediaconvert:SearchJobs'), run: () => search(query) };
      case 'GET /jobs/ID': return { needs: onJob('mediaconvert:GetJob'), run: () => ({ job: jobOf() }) };
      case 'DELETE /jobs/ID': return {
        needs: onJob('mediaconvert:CancelJob'),
        run: () => {
          if (jobOf().status !== 'SUBMITTED') throw new AwsError('ConflictException', `The job is ${jobOf().status}: only one that waits can be canceled`, 409);
          change(jobOf(), { status: 'CANCELED' }, {});
          return {};
        },
        status: 202,
      };
      case 'POST /probe': return {
        needs: () => [
          { action: 'mediaconvert:Probe', resource: '*' },
          ...probed(body).map(({ bucket, key }) => ({ action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` })),
        ],
        run: async () => ({ probeResults: await Promise.all(probed(body).map(probe)) }),
      };
      default: throw new AwsError('NotFoundException', `${method} ${path} is not implemented on one machine`, 404);
    }
  }

  const service: DoorService = {
    name: 'mediaconvert',
    needs: (request) => route(request).needs(),
    async handle(request, response) {
      const { run, status = 200 } = route(request);
      const answer = JSON.stringify(await run());
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    },
    fail: failJson,
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
