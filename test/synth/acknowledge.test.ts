import { existsSync, mkdtempSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { vodIn } from '../toolkit/stacks';

test('an acknowledged finding does not create the error file of the CDK CLI', () => {
  const errorFile = path.join(mkdtempSync(path.join(tmpdir(), 'acknowledge-')), 'error.txt');
  process.env.CDK_ERROR_FILE = errorFile;
  try {
    const app = new App();
    const stack = new Stack(app, 'Test');
    // The id of the finding is `AwsSolutions-IAM5[Resource::ARN]`. The ARN of an imported bucket contains `AWS::Partition`, and thus a second `::`.
    vodIn(stack, { upload: { bucket: Bucket.fromBucketName(stack, 'Sources', 'sources') } });
    app.synth();
    expect(existsSync(errorFile)).toBe(false);
  } finally {
    delete process.env.CDK_ERROR_FILE;
  }
});
