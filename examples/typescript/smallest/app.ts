import { App } from 'aws-cdk-lib';
import { VideosStack } from './videos-stack';

new VideosStack(new App(), 'Videos');
