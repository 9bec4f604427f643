import { handlerCode } from '../../src/synth/handler-code';

describe('the code of a handler', () => {
  it('is a folder of the package', () => {
    expect(handlerCode('upload/manage-uploads')).toHaveProperty('path', expect.stringMatching(/assets\/upload\/manage-uploads$/));
  });

  it('is missing in an app that a bundler includes the package in, and the error explains how to exclude it', () => {
    expect(() => handlerCode('upload/manage-uploads', '/bundle/assets')).toThrow(/^serverless-vod: expected the code of the Lambda function upload\/manage-uploads in \/bundle\/assets\/upload\/manage-uploads, but this folder does not exist\. .*--external:serverless-vod/);
  });
});
