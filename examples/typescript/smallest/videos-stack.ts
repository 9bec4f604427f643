import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ServerlessVod } from '../../../src';

/** A video service with default settings. */
export class VideosStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    const vod = new ServerlessVod(this, 'Vod');
    new CfnOutput(this, 'Url', { value: vod.url });
  }
}
