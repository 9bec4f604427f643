import { readFileSync } from 'fs';
import * as path from 'path';
import { App, Bitrate, CfnOutput, Duration, Size, Stack } from 'aws-cdk-lib';
import { AccessLevel } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LambdaFunction, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ServerlessVod, type ServerlessVodProps, type UploadFileOptions } from 'serverless-vod';
import { pagesFunction } from './pages';

/** A video service with a web app on the same origin (folder web). A function and a topic receive an event for each ready video. */
export class VideosStack extends Stack {
  constructor(app: App, id: string, props: ServerlessVodProps = {}) {
    super(app, id);

    const web = new Bucket(this, 'Web', { blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true });
    // The page shows these limits before an upload starts.
    const files = { maxSize: Size.gibibytes(50), contentTypes: ['video/*', 'application/mp4', 'application/mxf'], ...props.upload?.files };
    const { url, auth: { userPool }, catalog, upload } = new ServerlessVod(this, 'Vod', {
      defaultBehavior: {
        // With LIST, S3 returns 404 instead of 403 for a missing file.
        origin: S3BucketOrigin.withOriginAccessControl(web, { originAccessLevels: [AccessLevel.READ, AccessLevel.LIST] }),
        functionAssociations: [pagesFunction(this, props.domainNames)],
      },
      defaultRootObject: 'index.html',
      // The default ladder and a 4K rendition.
      ladder: [
        { height: 2160, maxBitrate: Bitrate.mbps(16) },
        { height: 1080, maxBitrate: Bitrate.mbps(6) },
        { height: 720, maxBitrate: Bitrate.mbps(4) },
        { height: 540, maxBitrate: Bitrate.mbps(2) },
        { height: 360, maxBitrate: Bitrate.mbps(1) },
        { height: 240, maxBitrate: Bitrate.kbps(350) },
      ],
      ...props,
      upload: { ...props.upload, files },
    });

    new BucketDeployment(this, 'WebFiles', {
      destinationBucket: web,
      // Browsers and CloudFront ask S3 whether a file has changed. Otherwise they would combine modules of different deployments.
      cacheControl: [CacheControl.noCache()],
      sources: [
        Source.asset(path.join(__dirname, 'web'), { exclude: ['index.html', '*.md', '*.d.ts', 'package.json', 'tsconfig.json'] }),
        Source.data('index.html', pageFor(upload.bucket, files)),
        Source.data('upload/crc32.js', checksumLibrary()),
        // Libraries whose published files run in browsers without a build step.
        Source.asset(path.dirname(require.resolve('hls.js/dist/hls.min.mjs')), { exclude: ['*', '!hls.min.mjs'] }),
        Source.asset(path.join(path.dirname(require.resolve('lit-html')), '..'), {
          exclude: ['*', '!lit-html.js', '!directive.js', '!directive-helpers.js', '!directives', '!directives/repeat.js'],
        }),
      ],
    });

    const deadLetterQueue = new Queue(this, 'Undelivered', { retentionPeriod: Duration.days(14), enforceSSL: true });
    const announce = new Function(this, 'Announce', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(path.join(__dirname, 'announce')),
      logGroup: new LogGroup(this, 'AnnounceLogs', { retention: RetentionDays.THREE_MONTHS }),
    });
    catalog.onVideoReady('Announce', { target: new LambdaFunction(announce, { deadLetterQueue }) });
    const ready = new Topic(this, 'Ready', { enforceSSL: true });
    catalog.onVideoReady('TellTopic', { target: new SnsTopic(ready, { deadLetterQueue }) });

    new CfnOutput(this, 'Url', { value: url, description: 'The service URL' });
    new CfnOutput(this, 'ReadyTopic', { value: ready.topicArn, description: 'SNS topic that receives an event for each ready video' });
    if (userPool) new CfnOutput(this, 'UserPoolId', { value: userPool.userPoolId, description: 'ID of the user pool. Add your users to this pool' });
  }
}

/** Returns the page with the limits of uploads. Its Content-Security-Policy allows uploads to this bucket only. */
function pageFor(bucket: IBucket, { maxSize, contentTypes }: Required<Pick<UploadFileOptions, 'maxSize' | 'contentTypes'>>): string {
  const page = readFileSync(path.join(__dirname, 'web', 'index.html'), 'utf8');
  return page
    .replace('https://upload-bucket.example/', `https://${bucket.bucketRegionalDomainName}/`)
    .replace(/(?<=name="upload-max-bytes" content=")[^"]*/, String(maxSize.toBytes()))
    .replace(/(?<=name="upload-content-types" content=")[^"]*/, contentTypes.join(' '));
}

/** Returns the library with which the module in `web/upload` computes checksums, and the license of the library. */
function checksumLibrary(): string {
  const folder = path.dirname(require.resolve('@foxglove/crc/package.json'));
  const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
  return `/*\n${read('LICENSE.md')}*/\n${read('dist/esm/src/index.js')}`;
}
