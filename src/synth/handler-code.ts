import { existsSync } from 'fs';
import * as path from 'path';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { HandlerName } from '../contract/environment';

const ASSETS = path.join(__dirname, '..', '..', 'assets');

export function handlerCode(handler: HandlerName, assets: string = ASSETS): lambda.Code {
  const folder = path.join(assets, ...handler.split('/'));
  if (!existsSync(folder)) {
    throw new Error(`serverless-vod: expected the code of the Lambda function ${handler} in ${folder}, but this folder does not exist. If a bundler includes serverless-vod in your CDK app, exclude the package from the bundle (esbuild: --external:serverless-vod)`);
  }
  return lambda.Code.fromAsset(folder);
}
