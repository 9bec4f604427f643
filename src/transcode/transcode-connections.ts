import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IVodTranscode } from './transcode';
import { acknowledgeWildcard } from '../synth/acknowledge';
import { Connection, connection, permission } from '../synth/connection';

export function submitConnection({ submitQueue }: IVodTranscode): Connection<'SUBMIT_QUEUE_URL'> {
  return connection({ environment: { SUBMIT_QUEUE_URL: submitQueue.queueUrl }, grant: permission(['sqs:SendMessage'], [submitQueue.queueArn]).grant });
}

/** @param scope construct of the function that reads jobs */
export function jobsConnection(scope: Construct): Connection {
  const jobs = Stack.of(scope).formatArn({ service: 'mediaconvert', resource: 'jobs', resourceName: '*' });
  acknowledgeWildcard(scope, jobs, 'MediaConvert generates job ids, and the ARN of a job does not contain its queue, so the policy can\'t name the jobs');
  return permission(['mediaconvert:GetJob'], [jobs]);
}
