import { App } from 'aws-cdk-lib';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import { Access } from '../../src';

new VideosStack(new App(), 'Videos', {
  roles: { uploaders: Access.group('uploaders'), viewers: Access.group('viewers') },
});
