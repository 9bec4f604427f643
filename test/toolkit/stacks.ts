import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { CloudFormationTemplate } from './template';
import { ServerlessVod, type ServerlessVodProps } from '../../src';
import { VodAuth, type VodAuthProps } from '../../src/auth/vod-auth';
import { VodCatalog, type VodCatalogProps } from '../../src/catalog/vod-catalog';
import { VodDelivery, type VodDeliveryProps } from '../../src/delivery/vod-delivery';
import { VodSweeper, type VodSweeperProps } from '../../src/sweeper/vod-sweeper';
import { VodTranscode, type VodTranscodeProps } from '../../src/transcode/vod-transcode';
import { VodUpload, type VodUploadProps } from '../../src/upload/vod-upload';

export const SERVICE_URL = 'https://videos.example.com';

export const ENV = { account: '123456789012', region: 'us-east-1' };

export function testStack(props: StackProps = {}): Stack {
  return new Stack(new App({ analyticsReporting: false }), 'Test', props);
}

export function vodIn(stack: Stack, props: ServerlessVodProps = {}): ServerlessVod {
  return new ServerlessVod(stack, 'Vod', props);
}

// Each of the following functions adds one construct, and the constructs that it requires. The construct ids must not change, because `functionsOf` finds
// handlers by these ids.
export function catalogIn(stack: Stack, props: Partial<VodCatalogProps> = {}): VodCatalog {
  return new VodCatalog(stack, 'Catalog', { url: SERVICE_URL, ...props });
}

export function authIn(stack: Stack, props: Partial<VodAuthProps> = {}): VodAuth {
  return new VodAuth(stack, 'Auth', { url: SERVICE_URL, ...props });
}

export function uploadIn(stack: Stack, props: Partial<VodUploadProps> = {}): VodUpload {
  return new VodUpload(stack, 'Upload', { catalog: props.catalog ?? catalogIn(stack), ...props });
}

export function deliveryIn(stack: Stack, props: Partial<VodDeliveryProps> = {}): VodDelivery {
  return new VodDelivery(stack, 'Delivery', { catalog: props.catalog ?? catalogIn(stack), ...props });
}

export function transcodeIn(stack: Stack, props: Partial<VodTranscodeProps> = {}): VodTranscode {
  return new VodTranscode(stack, 'Transcode', {
    catalog: props.catalog ?? catalogIn(stack),
    sourceBucket: props.sourceBucket ?? new s3.Bucket(stack, 'Sources'),
    mediaBucket: props.mediaBucket ?? new s3.Bucket(stack, 'Media'),
    ...props,
  });
}

export function sweeperIn(stack: Stack, props: Partial<VodSweeperProps> = {}): VodSweeper {
  return new VodSweeper(stack, 'Sweeper', { catalog: props.catalog ?? catalogIn(stack), ...props });
}

/**
 * The first call synthesizes the app. Constructs that are added later are missing in the template. Throws an error if synth fails or if dependencies form a
 * cycle.
 */
export function templateOf(scope: Construct): CloudFormationTemplate {
  return Template.fromStack(Stack.of(scope)).toJSON() as CloudFormationTemplate;
}

export function warningsOf(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${String(entry.data)}`);
}
