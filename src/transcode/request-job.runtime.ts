import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SubmitMessage } from '../contract/transcode';

export interface SubmitQueue {
  readonly sqs: SQSClient;
  readonly submitQueueUrl: string;
}

/** The SDK has no default request timeout. */
const REQUEST_MS = 5_000;

/** Requests a MediaConvert job: sends a message to the submit queue. */
export async function requestJob({ sqs, submitQueueUrl }: SubmitQueue, message: SubmitMessage): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: submitQueueUrl, MessageBody: JSON.stringify(message) }), { abortSignal: AbortSignal.timeout(REQUEST_MS) });
}
