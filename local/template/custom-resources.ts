import { randomBytes, randomUUID } from 'crypto';
import { promises as fs } from 'fs';
import { createServer } from 'http';
import * as path from 'path';
import { json } from 'stream/consumers';
import { isDeepStrictEqual } from 'util';
import { listen } from '../listen';
import { onlyKnown } from '../lookup';
import type { Store } from '../s3/store';
import { readJson, writeJson } from '../services/json';
import type { Functions } from '../types';
import { isCustom, type Names, type Resource } from './resources';
import type { TemplateStack } from './template-stack';

const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.png': 'image/png', '.svg': 'image/svg+xml',
};

type Outcome = Names & Pick<Resource, 'properties'>;

/**
 * Runs the template's custom resources as CloudFormation does. The first run sends Create. A later run sends Update if the properties have changed. Delete is
 * never sent.
 */
export async function runCustomResources(stack: TemplateStack, functions: Functions, store: Pick<Store, 'put'>): Promise<void> {
  const file = path.join(stack.dataFolder, 'custom-resources.json');
  const outcomes: Record<string, Outcome> = readJson(file) ?? {};
  for (const resource of stack.resources.filter(({ type }) => isCustom(type))) {
    const { logicalId, type, properties: given } = resource;
    // CloudFormation passes every scalar to a function as a string.
    const properties = JSON.parse(JSON.stringify(given), (_, value) => typeof value === 'object' ? value : String(value));
    const before = outcomes[logicalId];
    if (type === 'Custom::CDKBucketDeployment') {
      await deployFiles(stack, resource, store);
    } else if (type === 'Custom::S3AutoDeleteObjects') {
      // This custom resource empties a bucket before the bucket is deleted. The local stack never deletes a bucket.
      onlyKnown(logicalId, given, 'ServiceToken BucketName');
    } else if (type === 'Custom::S3BucketNotifications') {
      // The function of this custom resource requires Python, so the local stack does not run it. Instead, the local S3 reads the notification configuration
      // from the template.
      onlyKnown(logicalId, given.NotificationConfiguration, 'EventBridgeConfiguration');
    } else if (!isDeepStrictEqual(before?.properties, properties)) {
      outcomes[logicalId] = { ...await run(stack.stackId, functions, resource, properties, before), properties };
      writeJson(file, outcomes);
    }
    stack.names.set(logicalId, outcomes[logicalId] ?? { physicalId: logicalId, attributes: {} });
  }
}

/** Invokes the function of a custom resource. The function sends its response with PUT to an unguessable URL. */
async function run(stackId: string, functions: Functions, { logicalId, type }: Resource, properties: Outcome['properties'], before?: Outcome): Promise<Names> {
  const address = `/${randomBytes(24).toString('base64url')}`;
  let answer: any;
  const { port, stop } = await listen(createServer(async (request, response) => {
    const expected = request.method === 'PUT' && request.url === address && !answer;
    if (expected) answer = await json(request).catch(() => undefined);
    response.writeHead(expected ? 200 : 403).end();
  }), 0);
  try {
    const { error } = await functions.invoke(String(properties.ServiceToken), {
      RequestType: before ? 'Update' : 'Create',
      ResponseURL: `http://127.0.0.1:${port}${address}`,
      RequestId: randomUUID(), StackId: stackId, LogicalResourceId: logicalId, ResourceType: type, ResourceProperties: properties,
      ...before && { PhysicalResourceId: before.physicalId, OldResourceProperties: before.properties },
    });
    if (answer?.Status === 'SUCCESS') return { physicalId: answer.PhysicalResourceId, attributes: answer.Data ?? {} };
    throw new Error(`${logicalId} (${type}): ${answer?.Reason ?? error?.errorMessage ?? 'the function ended without a response'}`);
  } finally {
    await stop();
  }
}

/** Replaces the CDK's deployment function, which requires Python and the AWS CLI. */
async function deployFiles(stack: TemplateStack, { logicalId, properties }: Resource, store: Pick<Store, 'put'>): Promise<void> {
  const { DestinationBucketName, SourceObjectKeys, SourceMarkers = [], SystemMetadata = {}, ...others } = properties;
  onlyKnown(logicalId, others, 'ServiceToken SourceBucketNames SourceMarkersConfig WaitForDistributionInvalidation Prune OutputObjectKeys');
  onlyKnown(logicalId, SystemMetadata, 'cache-control');
  for (const [index, key] of SourceObjectKeys.entries()) {
    const folder = stack.assetFolder(key);
    const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name))) {
      const contentType = CONTENT_TYPES[path.extname(file)];
      if (!contentType) throw new Error(`${logicalId}: the local stack does not know the content type of ${file}`);
      const content = withValues(stack, await fs.readFile(file), SourceMarkers[index]);
      await store.put(DestinationBucketName, path.relative(folder, file), content, { contentType, headers: SystemMetadata });
    }
  }
}

/** Replaces the markers of a file with values of the stack. AWS's URLs in the result become local URLs, as in the properties of resources. */
function withValues(stack: TemplateStack, content: Buffer, markers: Readonly<Record<string, string>> = {}): Buffer {
  if (Object.keys(markers).length === 0) return content;
  const text = Object.entries(markers).reduce((replaced, [marker, value]) => replaced.replaceAll(marker, () => value), content.toString());
  return Buffer.from(stack.here(text));
}
