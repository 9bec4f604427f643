import { randomBytes } from 'crypto';
import { mkdirSync, rmSync } from 'fs';
import { join } from 'path';
import { setImmediate as soon, setTimeout as wait } from 'timers/promises';
import { CONFINED, inspect, SOURCE } from './ffmpeg';
import { answerOf, bad, createModel, type Job } from './model';
import { probeResult } from './probe';
import { checkRules, parseS3 } from './rules';
import { inFolder, PHASES, runJob, type Phase } from './run-job';
import type { Access } from '../access/access';
import type { Store } from '../s3/store';
import { failJson, inputOf, readJson, writeJson, type Json } from '../services/json';
import { firstLines, logLine } from '../text';
import { AwsError, type AwsRequest, type AwsService, type LocalStack, type Need, type Part, type PutEvent } from '../types';

const PRINCIPAL = 'mediaconvert.amazonaws.com';
const RETRY_MS = 1000;

/** The values of CreateJob's IAM condition keys in an account without a MediaConvert input policy. */
const INPUT_POLICY = { 'mediaconvert:HttpInputsAllowed': 'true', 'mediaconvert:HttpsInputsAllowed': 'true', 'mediaconvert:S3InputsAllowed': 'true' };

/** FFmpeg transcodes one job at a time. `start` restarts the unfinished jobs of an earlier run. `now` is in milliseconds. */
export function createMediaConvert({ stack, access, store, putEvent, now = Date.now }: {
  stack: LocalStack; access: Pick<Access, 'require' | 'trusts'>; store: Store; putEvent: PutEvent; now?: () => number;
}): { service: AwsService; start(): void } & Part {
  const folder = join(stack.dataFolder, 'mediaconvert');
  const file = join(folder, 'jobs.json');
  const model = createModel();
  const prefix = `arn:aws:mediaconvert:${stack.region}:${stack.account}`;
  const stopping = new AbortController();
  rmSync(join(folder, 'work'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const jobs: Job[] = readJson(file) ?? [];
  const interrupted = jobs.filter(({ status }) => status === 'SUBMITTED' || status === 'PROGRESSING');
  let line = Promise.resolve();
  const seconds = () => Math.floor(now() / 1000);

  const save = () => writeJson(file, jobs);
  function emit({ id: jobId, arn, queue, userMetadata }: Job, status: string, more: Json = {}): void {
    const detail = { timestamp: now(), accountId: stack.account, queue, jobId, status, userMetadata, ...more };
    putEvent({ 'source': 'aws.mediaconvert', 'detail-type': 'MediaConvert Job State Change', 'resources': [arn!], detail });
  }
  /** Sends the event of the status, and then stores the status. After a crash between these two steps, the event is sent again. */
  function change(job: Job, status: 'PROGRESSING' | 'COMPLETE' | 'ERROR', time: 'startTime' | 'finishTime', facts: Partial<Job> = {}): void {
    Object.assign(job, { status, timing: { ...job.timing, [time]: seconds() }, currentPhase: undefined, jobPercentComplete: undefined, ...facts });
    emit(job, status, facts);
    save();
  }

  /** Returns a function that sends a STATUS_UPDATE event after each status update interval of the job, and before the upload of the output. */
  function progressOf(job: Job) {
    const interval = Number(job.statusUpdateInterval!.replace('SECONDS_', '')) * 1000;
    let last = now();
    return (currentPhase: Phase, jobPercentComplete?: number) => {
      if (now() - last < interval && currentPhase !== 'UPLOADING') return;
      last = now();
      const at = PHASES.indexOf(currentPhase);
      const phaseProgress = Object.fromEntries(PHASES.map((name, index) => [name, index < at ? { status: 'COMPLETE', percentComplete: 100 }
        : index > at ? { status: 'PENDING', percentComplete: 0 } : { status: 'PROGRESSING', percentComplete: jobPercentComplete ?? 0 }]));
      Object.assign(job, { currentPhase, jobPercentComplete });
      emit(job, 'STATUS_UPDATE', { jobProgress: { phaseProgress, jobPercentComplete, currentPhase, retryCount: 0 } });
    };
  }

  async function work(job: Job): Promise<void> {
    const { signal } = stopping;
    if (signal.aborted) return;
    change(job, 'PROGRESSING', 'startTime');
    const tools = { access, store, signal };
    const end = await runJob(job, join(folder, 'work', job.id!), tools, progressOf(job)).then(
      (outputGroupDetails) => () => change(job, 'COMPLETE', 'finishTime', { outputGroupDetails }),
      ({ code, message: errorMessage }: AwsError) => () => change(job, 'ERROR', 'finishTime', { errorCode: Number(code) || 1999, errorMessage }),
    );
    if (!signal.aborted) end(); // an interrupted job restarts at the next start
  }
  /** Runs a job until its final status is stored. An error of the local stack, such as a full disk, must not stop the queue. */
  const finish = (job: Job): Promise<void> => work(job).catch(async (error: Error) => {
    logLine(`mediaconvert: ${job.id}: ${firstLines(error)}`);
    await wait(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    return finish(job);
  });
  /** The job starts after CreateJob has returned. */
  const enqueue = (job: Job) => { line = line.then(() => soon()).then(() => finish(job)); };

  async function createJob(request: Json): Promise<Job> {
    model.createJob(request);
    checkRules(request as Job);
    const { queue, role, clientRequestToken: token } = request;
    const [known] = stack.ofType('AWS::MediaConvert::Queue').filter(({ attributes }) => attributes.Arn === queue);
    if (!known) throw new AwsError('NotFoundException', `The specified queue does not exist: ${queue}`, 404);
    if (!await access.trusts(role, PRINCIPAL)) throw bad('/role', `expected a role of the template that trusts ${PRINCIPAL}, got ${role}`);
    // A client request token is valid for 1 minute.
    const same = token && jobs.find((job) => job.clientRequestToken === token && now() - Number(job.id!.split('-')[0]) < 60_000);
    if (same) return same;
    const id = `${now()}-${randomBytes(3).toString('hex')}`;
    const facts = { id, arn: `${prefix}:jobs/${id}`, status: 'SUBMITTED', createdAt: seconds(), timing: { submitTime: seconds() } };
    const job = { userMetadata: {}, statusUpdateInterval: 'SECONDS_60', ...request, ...facts } as unknown as Job;
    jobs.push(job);
    save();
    enqueue(job);
    return job;
  }
  function getJob(id: string): Job {
    const job = jobs.find((one) => one.id === id);
    if (!job) throw new AwsError('NotFoundException', 'The resource you requested does not exist.', 404);
    return job;
  }
  function search({ inputFile = '', queue, order, maxResults, nextToken, ...unknown }: Record<string, string | undefined>) {
    for (const name of Object.keys(unknown)) throw bad(`/${name}`, 'the local stack does not support this parameter');
    const found = jobs.filter((job) => (!queue || job.queue === queue) && job.settings.inputs![0].fileInput!.includes(inputFile));
    if (order !== 'ASCENDING') found.reverse();
    const from = found.findIndex(({ id }) => id === nextToken) + 1;
    const page = found.slice(from, from + Math.min(20, Number(maxResults ?? 20)));
    return { jobs: page.map(answerOf), nextToken: from + page.length < found.length ? page.at(-1)!.id : undefined };
  }
  async function probe({ bucket, key }: { bucket: string; key: string }) {
    const meta = store.get(bucket, key);
    // AWS does not document the response for a missing object. The tests of the project alchemy-run received this response from AWS.
    if (!meta) throw new AwsError('NotFoundException', `no such object: s3://${bucket}/${key}`, 404);
    // AWS does not document the response for an archived object. The status is 403, because S3 returns 403 for such an object.
    if (meta.storageClass) throw new AwsError('ForbiddenException', `failed to read data: s3://${bucket}/${key} has the storage class ${meta.storageClass}`, 403);
    const place = join(folder, 'work', `probe-${randomBytes(6).toString('hex')}`);
    return probeResult(await inFolder(place, meta.path, () => inspect(SOURCE, place, stopping.signal, CONFINED)).catch((error: Error) => {
      if (error instanceof AwsError) throw new AwsError('InternalServerErrorException', error.message, 500);
      return undefined; // not a media file
    }));
  }

  /** Returns the permissions that a request requires (AWS's service authorization reference), and a function that runs the operation. */
  function operationOf({ method, path, query, body }: AwsRequest): { needs: Need[]; run(): unknown; status?: number } {
    const [, , collection, id = ''] = path.split('/').map(decodeURIComponent); // `/2017-08-29/jobs/ID`
    const input = inputOf(body);
    switch (`${method} ${collection}${id && '/ID'}`) {
      case 'POST jobs': return {
        needs: [
          { action: 'mediaconvert:CreateJob', resource: input.queue ?? '*', context: INPUT_POLICY },
          { action: 'iam:PassRole', resource: input.role ?? '*', context: { 'iam:PassedToService': PRINCIPAL } },
        ],
        run: async () => ({ job: answerOf(await createJob(input)) }),
        status: 201,
      };
      case 'GET jobs/ID': return { needs: [{ action: 'mediaconvert:GetJob', resource: `${prefix}:jobs/${id}` }], run: () => ({ job: answerOf(getJob(id)) }) };
      case 'GET search': return { needs: [{ action: 'mediaconvert:SearchJobs', resource: query.get('queue') ?? '*' }], run: () => search(Object.fromEntries(query)) };
      case 'POST probe': {
        model.probe(input);
        const objects = (input.inputFiles as { fileUrl: string }[]).map(({ fileUrl }, index) => parseS3(fileUrl, `/inputFiles/${index}/fileUrl`));
        const reads = objects.map(({ bucket, key }) => ({ action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` }));
        return { needs: [{ action: 'mediaconvert:Probe', resource: '*' }, ...reads], run: async () => ({ probeResults: await Promise.all(objects.map(probe)) }) };
      }
      default: throw new AwsError('NotFoundException', `${method} ${path} is not implemented in the local stack`, 404);
    }
  }

  return {
    service: {
      name: 'mediaconvert',
      needs: (request) => operationOf(request).needs,
      async handle(request, response) {
        const { run, status = 200 } = operationOf(request);
        const answer = JSON.stringify(await run());
        response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
      },
      fail: failJson,
    },
    start: () => interrupted.forEach(enqueue),
    stop: () => {
      stopping.abort();
      return line;
    },
  };
}
