import { App, Size, Stack } from 'aws-cdk-lib';
import { ServerlessVod } from 'serverless-vod';

/** In this service, files of up to 512 MiB are uploaded with one PUT request. */
new ServerlessVod(new Stack(new App(), 'Videos'), 'Vod', { upload: { files: { multipartThreshold: Size.mebibytes(512) } } });
