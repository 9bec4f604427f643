import { App } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { VideosStack } from '../../examples/typescript/full/videos-stack';

const app = new App();
const certificate = Certificate.fromCertificateArn(app, 'Certificate', 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555');
new VideosStack(app, 'Videos', { domainNames: ['videos.example.com', 'www.example.com'], certificate });
