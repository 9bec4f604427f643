import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Size } from 'aws-cdk-lib';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import { readAssembly } from '../../local/template/assembly';

const outdir = mkdtempSync(join(tmpdir(), 'deployment-'));
const app = new App({ outdir });
const stack = new VideosStack(app, 'Videos', { upload: { files: { maxSize: Size.gibibytes(2), contentTypes: ['video/mp4', 'video/webm'] } } });
const { template: { Resources }, assets } = readAssembly(app.synth().directory);
const properties = Object.values(Resources).find(({ Type }) => Type === 'Custom::CDKBucketDeployment')!.Properties as {
  SourceObjectKeys: string[]; SourceMarkers: Record<string, unknown>[]; SystemMetadata: object;
};

afterAll(() => rmSync(outdir, { recursive: true }));

/** Returns a deployed file, and the values that CloudFormation inserts into the file. */
function fileOf(name: string): { text: string; markers: Record<string, unknown> } {
  const found = properties.SourceObjectKeys.flatMap((key, index) => {
    try {
      return [{ text: readFileSync(join(assets[key], name), 'utf8'), markers: properties.SourceMarkers[index] }];
    } catch {
      return [];
    }
  });
  expect(found).toHaveLength(1);
  return found[0];
}

/** Returns the directives of the page's policy. The host of a bucket is replaced with the logical ID of the bucket. */
function policyOf(file: string): Record<string, string[]> {
  const { text, markers } = fileOf(file);
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

  it('contains the limits that the service checks', () => {
    const page = fileOf('index.html').text;
    const settings = Object.values(Resources).map(({ Properties }) => (Properties as any)?.Environment?.Variables?.UPLOAD_SETTINGS).find(Boolean);
    const { maxSize, contentTypes } = JSON.parse(settings);
    expect([maxSize, contentTypes]).toEqual([2 * 1024 ** 3, ['video/mp4', 'video/webm']]);
    expect(page).toContain(`<meta name="upload-max-bytes" content="${maxSize}">`);
    expect(page).toContain(`<meta name="upload-content-types" content="${contentTypes.join(' ')}">`);
  });

  it('is never combined from files of two deployments: browsers and CloudFront revalidate each file', () => {
    expect(properties.SystemMetadata).toEqual({ 'cache-control': 'no-cache' });
  });
});
