import { testStack, vodIn, warningsOf } from '../toolkit/stacks';

const stackIn = (region?: string) => testStack({ env: { region } });
const warnings = (region?: string) => {
  const stack = stackIn(region);
  vodIn(stack);
  return warningsOf(stack).filter((warning) => warning.includes('env.region')).length;
};

describe('the region of the stack', () => {
  test.each(['cn-north-1', 'cn-northwest-1', 'us-gov-west-1', 'us-gov-east-1', 'us-iso-east-1'])('%s is rejected because CloudFront does not work there', (region) => {
    expect(() => vodIn(stackIn(region))).toThrow(new RegExp(`^Test/Vod/Delivery: env\\.region: .* got ${region}\\. .*(CloudFront|cloudfront\\.net)`));
  });

  test.each(['ap-east-1', 'ca-west-1', 'eu-south-1', 'eusc-de-east-1', 'xx-new-1'])('%s gets a warning because MediaConvert was not available there', (region) => {
    expect(warnings(region)).toBe(1);
  });

  test.each(['eu-west-1', 'us-east-1', 'ap-southeast-5', undefined])('%s is accepted', (region) => expect(warnings(region)).toBe(0));
});
