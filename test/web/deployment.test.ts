import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App } from 'aws-cdk-lib';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import { readAssembly } from '../../local/template/assembly';

const outdir = mkdtempSync(join(tmpdir(), 'deployment-'));
const app = new App({ outdir });
const stack = new VideosStack(app, 'Videos');
const { template: { Resources }, assets } = readAssembly(app.synth().directory);
const properties = Object.values(Resources).find(({ Type }) => Type === 'Custom::CDKBucketDeployment')!.Properties as {
  SourceObjectKeys: string[]; SourceMarkers: Record<string, unknown>[]; SystemMetadata: object;
};

afterAll(() => rmSync(outdir, { recursive: true }));

/** Returns the directives of the page's policy. The host of a bucket is replaced with the logical ID of the bucket. */
function policyOf(file: string): Record<string, string[]> {
  const found = properties.SourceObjectKeys.flatMap((key, index) => {
    try {
      return [{ text: readFileSync(join(assets[key], file), 'utf8'), markers: properties.SourceMarkers[index] }];
    } catch {
      return [];
    }
  });
  expect(found).toHaveLength(1);
  const [{ text, markers }] = found;
  const page = Object.entries(markers).reduce((replaced, [marker, value]) => {
    const [id, attribute] = (value as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
    expect(attribute).toBe('RegionalDomainName');
    return replaced.replaceAll(marker, id);
  }, text);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)![1];
  return Object.fromEntries(policy.split(';').map((directive) => directive.trim().split(/\s+/)).map(([name, ...sources]) => [name, sources]));
}

describe('the deployed page', () => {
  it('can reach its own origin and the bucket for uploads, and no other host', () => {
    const { 'connect-src': connect, ...others } = policyOf('index.html');
    const bucket = stack.getLogicalId(stack.node.findChild('Vod').node.findChild('Upload').node.findChild('Bucket').node.defaultChild as never);
    expect(connect).toEqual(["'self'", `https://${bucket}/`]);
    expect(others).toEqual({
      'default-src': ["'none'"], 'script-src': ["'self'"], 'style-src': ["'self'"], 'img-src': ["'self'", 'data:'], 'media-src': ["'self'", 'blob:'],
      'worker-src': ["'self'"], 'object-src': ["'none'"], 'base-uri': ["'none'"], 'form-action': ["'none'"],
    });
  });

  it('is never combined from files of two deployments: browsers and CloudFront revalidate each file', () => {
    expect(properties.SystemMetadata).toEqual({ 'cache-control': 'no-cache' });
  });
});
