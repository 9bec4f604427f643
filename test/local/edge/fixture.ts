import { generateKeyPairSync } from 'crypto';
import { get } from 'http';
import { getSignedCookies } from '@aws-sdk/cloudfront-signer';
import { fakeAccess, fakeStack, resource } from './fakes';
import { startEdge } from '../../../local/edge/edge';
import type { ApiAnswer, ApiRequest } from '../../../local/gateway/responses';
import { freePorts } from '../../../local/listen';
import { resolveLocalhostNames } from '../../../local/localhost-names';
import { createS3 } from '../../../local/s3/s3';
import type { Resource } from '../../../local/template/resources';
import type { Need, Part } from '../../../local/types';

export const optimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const disabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
export const arn = 'arn:aws:cloudfront::111122223333:distribution/EDIST';
const keyPair = (type: 'rsa' | 'ec') => {
  const { publicKey, privateKey } = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })), privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
};
export const keys = { rsa: keyPair('rsa'), ec: keyPair('ec'), stranger: keyPair('ec') };

const notFound = 'function handler(event) { return { statusCode: 404, statusDescription: "Not Found", headers: { "content-type": { value: "text/plain" } }, body: event.request.uri }; }';
const bare = `async function handler({ request: { method, uri } }) {
  if (typeof process !== 'undefined' || typeof require !== 'undefined' || typeof fetch !== 'undefined') throw new Error('not bare');
  return { statusCode: 302, headers: { location: { value: '/' + method + uri } } };
}`;
const objectControl = { SigningProtocol: 'sigv4', SigningBehavior: 'always', OriginAccessControlOriginType: 's3' };
export const cloudFunction = (id: string, code: string) =>
  resource('AWS::CloudFront::Function', id, { FunctionCode: code, FunctionConfig: { Runtime: 'cloudfront-js-2.0' } }, { physicalId: `arn:aws:cloudfront::111122223333:function/${id}` });
export const on = (EventType: string, id: string) => ({ EventType, FunctionARN: `arn:aws:cloudfront::111122223333:function/${id}` });

export const config = {
  Enabled: true,
  Comment: 'one',
  DefaultRootObject: 'index.html',
  Origins: [
    { Id: 'media', DomainName: 'media-bucket.s3.eu-west-1.amazonaws.com', OriginAccessControlId: 'OAC', S3OriginConfig: { OriginAccessIdentity: '' } },
    { Id: 'api', DomainName: 'api1.execute-api.eu-west-1.amazonaws.com', CustomOriginConfig: { OriginProtocolPolicy: 'https-only' } },
  ],
  CacheBehaviors: [
    {
      PathPattern: '/api/*', TargetOriginId: 'api', CachePolicyId: disabled, OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'], ViewerProtocolPolicy: 'redirect-to-https',
    },
    { PathPattern: '/v/*', TargetOriginId: 'media', CachePolicyId: optimized, TrustedKeyGroups: ['Group'], ResponseHeadersPolicyId: '67f7725c-6f97-4210-82d7-5512b31e9d03' },
    { PathPattern: '/app/?.html', TargetOriginId: 'media', CachePolicyId: optimized },
    { PathPattern: 'go*', TargetOriginId: 'media', CachePolicyId: disabled, FunctionAssociations: [on('viewer-request', 'Bare')] },
    { PathPattern: '/none/*', TargetOriginId: 'media', CachePolicyId: disabled, FunctionAssociations: [on('viewer-request', 'NotFound')] },
  ],
  DefaultCacheBehavior: { TargetOriginId: 'media', CachePolicyId: disabled, ViewerProtocolPolicy: 'redirect-to-https', Compress: true },
};

export const ALIASES = {
  Aliases: ['videos.example.com'],
  ViewerCertificate: { AcmCertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1', MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
};

function resources(distribution: object = {}, more: Resource[] = []): Resource[] {
  return [
    resource('AWS::CloudFront::Distribution', 'Distribution', { DistributionConfig: { ...config, ...distribution } }, { physicalId: 'EDIST', attributes: { DomainName: 'd1.cloudfront.net' } }),
    resource('AWS::S3::Bucket', 'media-bucket', {}),
    resource('AWS::CloudFront::OriginAccessControl', 'OAC', { OriginAccessControlConfig: objectControl }),
    resource('AWS::CloudFront::KeyGroup', 'Group', { KeyGroupConfig: { Items: ['KRSA', 'KEC'] } }),
    resource('AWS::CloudFront::PublicKey', 'KRSA', { PublicKeyConfig: { EncodedKey: keys.rsa.publicKey } }),
    resource('AWS::CloudFront::PublicKey', 'KEC', { PublicKeyConfig: { EncodedKey: keys.ec.publicKey } }),
    resource('AWS::CloudFront::PublicKey', 'KOTHER', { PublicKeyConfig: { EncodedKey: keys.stranger.publicKey } }),
    cloudFunction('NotFound', notFound), cloudFunction('Bare', bare), ...more,
  ];
}

const running: Part[] = [];

export const stopAll = async () => void await Promise.all(running.splice(0).map((each) => each.stop()));

interface Setting { allow?: (need: Need) => boolean; distribution?: object; more?: Resource[]; answer?: (request: ApiRequest) => ApiAnswer }

const echo = (): ApiAnswer => ({ status: 201, headers: { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] }, body: '{"api":true}' });

export async function front({ allow = () => true, distribution = {}, more = [], answer = echo }: Setting = {}) {
  const api: ApiRequest[] = [];
  const { access, asked } = fakeAccess(allow);
  const stack = fakeStack(resources(distribution, more));
  const { service: s3, store } = createS3({ stack, access, putEvent: () => undefined });
  const put = (key: string, body: string, contentType = 'text/plain', headers: Record<string, string> = {}) =>
    store.put('media-bucket', key, Buffer.from(body), { contentType, headers });
  await put('v/a.m3u8', '0123456789', 'application/vnd.apple.mpegurl');
  await put('index.html', '<h1>home</h1>', 'text/html', { 'cache-control': 'max-age=5' });
  await put('app/a.html', '<h1>app</h1>', 'text/html');
  await put('a b/é.txt', 'named');
  const [port] = await freePorts([0]);
  const edge = await startEdge({
    stack, access, port, s3,
    gateway: async (request) => {
      api.push(request);
      return answer(request);
    },
  });
  running.push(edge);
  const origin = `http://localhost:${port}`;
  resolveLocalhostNames();
  const ofName = (name: string, path: string) => fetch(`http://${name}.localhost:${port}${path}`, { redirect: 'manual' });
  return { port, origin, api, asked, put, ofName, fetch: (path: string, init?: RequestInit) => fetch(`${origin}${path}`, { redirect: 'manual', ...init }) };
}

/** Returns the status of a request with this path, which `fetch` would normalize. */
export const raw = (origin: string, path: string, headers = {}) => new Promise((resolve, reject) => {
  const [, port] = /:(\d+)$/.exec(origin)!;
  get({ host: '127.0.0.1', port, path, headers: { host: `localhost:${port}`, ...headers } }, (response) => resolve(response.resume().statusCode)).on('error', reject);
});
export const errorOf = async (response: Response) => [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];

export const policyOf = (resourceName: string, condition: object = { DateLessThan: { 'AWS:EpochTime': Math.floor(Date.now() / 1000) + 60 } }) =>
  JSON.stringify({ Statement: [{ Resource: resourceName, Condition: condition }] });

export const signedCookies = (input: object) => {
  const cookies = getSignedCookies({ keyPairId: 'KEC', privateKey: keys.ec.privateKey, algorithm: 'SHA256', ...input } as Parameters<typeof getSignedCookies>[0]);
  return Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ');
};
