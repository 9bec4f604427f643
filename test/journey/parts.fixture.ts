import { App, Size } from 'aws-cdk-lib';
import { VideosStack } from '../../examples/typescript/full/videos-stack';

/** The full example, in which files of more than 5 MiB are uploaded in parts. */
new VideosStack(new App(), 'Videos', { upload: { files: { multipartThreshold: Size.mebibytes(5) } } });
