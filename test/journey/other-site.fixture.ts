import { App } from 'aws-cdk-lib';
import { VideosStack } from '../../examples/typescript/full/videos-stack';

new VideosStack(new App(), 'Videos', { appOrigins: ['https://app.example.org', 'http://127.0.0.1:5173'] });
