import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IVodTranscode } from './transcode';
import { acknowledgeWildcard } from '../synth/acknowledge';
import { Connection, connection, permission } from '../synth/connection';

/** Asks for a job of an attempt: see SubmitMessage. */
export function submitConnection({ submitQueue }: IVodTranscode): Connection<'SUBMIT_QUEUE_URL'> {
  return connection({ environment: { SUBMIT_QUEUE_URL: submitQueue.queueUrl }, grant: permission(['sqs:SendMessage'], [submitQueue.queueArn]).grant });
}

/**
 * Looks at jobs.
 *
 * @param scope of the function that does
 */
export function jobsConnection(scope: Construct): Connection {
  const jobs = Stack.of(scope).formatArn({ service: 'mediaconvert', resource: 'jobs', resourceName: '*' });
  acknowledgeWildcard(scope, jobs, 'MediaConvert makes up the ids of jobs, and the ARN of a job does not tell its queue');
  return permission(['mediaconvert:GetJob'], [jobs]);
}
