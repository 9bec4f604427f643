import { randomUUID } from 'crypto';
import type { ObjectMeta } from './store';
import type { LocalStack, PutEvent } from '../types';

/**
 * Returns a function that sends the event "Object Created" to EventBridge for buckets that enable these events (see "EventBridge event message structure" in
 * the Amazon S3 User Guide). The key is not URL-encoded. The local S3 has no versions, so the event has no `version-id`.
 */
export function createdEvents(stack: LocalStack, putEvent: PutEvent) {
  let sequence = Date.now() * 1000;

  function isEnabled(bucket: string): boolean {
    // If CDK's custom resource exists, the configuration of the bucket resource is ignored, because the custom resource replaces it on AWS.
    const put = stack.ofType('Custom::S3BucketNotifications').find(({ properties }) => properties.BucketName === bucket)?.properties.NotificationConfiguration;
    if (put) return put.EventBridgeConfiguration !== undefined;
    const own = stack.ofType('AWS::S3::Bucket').find(({ physicalId }) => physicalId === bucket)!.properties.NotificationConfiguration;
    return own?.EventBridgeConfiguration?.EventBridgeEnabled === true;
  }

  return (bucket: string, { key, size, etag, reason }: ObjectMeta): void => {
    if (!isEnabled(bucket)) return;
    const object = { key, size, etag: etag.replaceAll('"', ''), sequencer: (sequence += 1).toString(16).toUpperCase().padStart(18, '0') };
    const origin = {
      'request-id': randomUUID().slice(-12).toUpperCase(),
      'requester': stack.account,
      'source-ip-address': '127.0.0.1',
      reason,
    };
    putEvent({
      'source': 'aws.s3', 'detail-type': 'Object Created', 'resources': [`arn:aws:s3:::${bucket}`], 'detail': { version: '0', bucket: { name: bucket }, object, ...origin },
    });
  };
}
