import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { ServerlessVod } from '../../src';

const stackIn = (region?: string) => new Stack(new App(), 'Test', { env: { region } });
const warnings = (region?: string) => {
  const stack = stackIn(region);
  new ServerlessVod(stack, 'Vod');
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('env\\.region')).length;
};

describe('the region of the stack', () => {
  test.each(['cn-north-1', 'cn-northwest-1', 'us-gov-west-1', 'us-gov-east-1', 'us-iso-east-1'])('%s is refused: CloudFront does not work there', (region) => {
    expect(() => new ServerlessVod(stackIn(region), 'Vod')).toThrow(new RegExp(`^Test/Vod/Delivery: env\\.region: .*CloudFront.* got ${region}`));
  });

  test.each(['ap-east-1', 'ca-west-1', 'eu-south-1', 'eusc-de-east-1', 'xx-new-1'])('%s is warned of: MediaConvert was not there', (region) => {
    expect(warnings(region)).toBe(1);
  });

  test.each(['eu-west-1', 'us-east-1', 'ap-southeast-5', undefined])('%s is fine', (region) => expect(warnings(region)).toBe(0));
});
