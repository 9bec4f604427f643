import { App, Stack } from 'aws-cdk-lib';
import { ServerlessVod } from '../../../src';

/** Video on demand, with everything left as it comes. */
export class VideosStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    new ServerlessVod(this, 'Vod');
  }
}
