import type { Route } from '../../src/contract/routes';
import type { Rendition } from '../../src/contract/table';
import { serveRoutes } from '../../src/runtime/http';
import type { AnswerOf, BodyOf, HeadersOf, Operations, PathOf, Problem, QueryOf, RequestOf, Tokens, Video } from '../../src/runtime/route-types';

/*
 * The types of a handler come from its routes. Lines after `@ts-expect-error` must not compile: types.test.ts compares the compiler's message with the text
 * after `@ts-expect-error`.
 */

declare const video: Video;
declare const tokens: Tokens;
const getVideo: Operations<'catalog/read-videos'>['getVideo'] = async () => ({ body: video });
const listVideos: Operations<'catalog/read-videos'>['listVideos'] = async () => ({ body: { items: [video], cursor: 'c' }, headers: { etag: '"1"' }, cookies: ['a=b'] });

// Operations

serveRoutes('catalog/read-videos', { listVideos, getVideo });
// @ts-expect-error Property 'getVideo' is missing
serveRoutes('catalog/read-videos', { listVideos });
// @ts-expect-error 'showVideo' does not exist in type
serveRoutes('catalog/read-videos', { listVideos, getVideo, showVideo: getVideo });
// @ts-expect-error 'getVideo' does not exist in type
serveRoutes('upload/manage-uploads', { planUpload: async () => { throw new Error(); }, getVideo });
// @ts-expect-error Argument of type '"catalog/raed-videos"' is not assignable
serveRoutes('catalog/raed-videos', { listVideos, getVideo });

// Responses

// @ts-expect-error Property 'items' is missing
serveRoutes('catalog/read-videos', { getVideo, listVideos: async () => ({ body: { itmes: [] } }) });
// @ts-expect-error 'next' does not exist in type
export const unknownKey = async (): Promise<AnswerOf<'listVideos'>> => ({ body: { items: [], next: 'c' } });
// @ts-expect-error Type 'number' is not assignable to type 'string'
export const wrongValue = async (): Promise<AnswerOf<'getVideo'>> => ({ body: { ...video, title: 1 } });
// @ts-expect-error Type '"gone"' is not assignable to type
export const wrongStatusOfVideo = async (): Promise<AnswerOf<'getVideo'>> => ({ body: { ...video, status: 'gone' } });
// @ts-expect-error Property 'body' is missing
export const withoutBody = async (): Promise<AnswerOf<'getVideo'>> => ({});
// @ts-expect-error Type '201' is not assignable to type '200'
export const wrongStatus = async (): Promise<AnswerOf<'getVideo'>> => ({ status: 201, body: video });
// @ts-expect-error Property 'location' is missing
export const withoutAddress = async (): Promise<AnswerOf<'login'>> => ({ headers: {} });
// @ts-expect-error Type '{ text: string; }' is not assignable to type 'undefined'
export const redirectWithBody = async (): Promise<AnswerOf<'login'>> => ({ headers: { location: '/' }, body: { text: '' } });
// @ts-expect-error Type '302' is not assignable to type '200'
export const redirectOfAnother = async (): Promise<AnswerOf<'refreshTokens'>> => ({ status: 302, headers: { location: '/' }, body: tokens });
export const redirects: AnswerOf<'authorize'>[] = [{ body: tokens }, { status: 302, headers: { location: '/' }, cookies: ['a=b'] }];

// Requests

export function parameters(path: PathOf<'getVideo'>, query: QueryOf<'listVideos'>, headers: HeadersOf<'refreshTokens'>): unknown[] {
  const videoId: string = path.videoId;
  const limit: number | undefined = query.limit;
  const own: boolean = query.owner === 'me';
  const origin: string | undefined = headers.origin;
  return [
    videoId, limit, own, origin, headers['sec-fetch-site'],
    // @ts-expect-error Property 'vidoeId' does not exist
    path.vidoeId,
    // @ts-expect-error Property 'limt' does not exist
    query.limt,
    // @ts-expect-error Property 'toUpperCase' does not exist on type 'number'
    query.limit?.toUpperCase(),
    // @ts-expect-error 'query.limit' is possibly 'undefined'
    query.limit.toFixed(),
    // @ts-expect-error This comparison appears to be unintentional
    query.status === 'redy',
    // @ts-expect-error Property 'referer' does not exist
    headers.referer,
    // @ts-expect-error Property 'Origin' does not exist
    headers.Origin,
  ];
}

export function requests(open: RequestOf<'login'>, signedIn: RequestOf<'listVideos'>, planUpload: RequestOf<'planUpload'>): unknown[] {
  const userId: string = signedIn.caller.userId;
  const size: number = planUpload.body.size;
  const title: string | undefined = planUpload.body.title;
  const noBody: undefined = signedIn.body;
  return [
    userId, size, title, noBody, open.headers.cookie,
    // @ts-expect-error Property 'caller' does not exist
    open.caller,
    // @ts-expect-error Property 'videoId' does not exist
    open.path.videoId,
    // @ts-expect-error Property 'cookie' does not exist
    signedIn.headers.cookie,
    // @ts-expect-error Property 'fileNmae' does not exist
    planUpload.body.fileNmae,
    // @ts-expect-error 'planUpload.body.title' is possibly 'undefined'
    planUpload.body.title.length,
  ];
}

export const body: BodyOf<'planUpload'> = { fileName: 'a.mp4', contentType: 'video/mp4', size: 1, tags: ['a'], visibility: 'private', metadata: { any: 'text' } };
// @ts-expect-error Type '"secret"' is not assignable to type
export const wrongVisibility: BodyOf<'planUpload'> = { ...body, visibility: 'secret' };
// @ts-expect-error Type 'number' is not assignable to type 'string'
export const wrongMetadata: BodyOf<'planUpload'> = { ...body, metadata: { any: 1 } };

// Routes

export const route: Route = { method: 'GET', path: '/a', handler: 'catalog/read-videos', access: 'open', status: 200, summary: 'A', query: { n: { type: 'integer' } } };
// @ts-expect-error Type '"boolean"' is not assignable to type '"string" | "integer"'
export const flag: Route = { ...route, query: { flag: { type: 'boolean' } } };
// @ts-expect-error Type '"integer"' is not assignable to type '"string"'
export const number: Route = { ...route, pathParameters: { number: { type: 'integer' } } };

// A rendition has the same type in the table and in an API response.

export const renditions = (row: Rendition, shown: NonNullable<Video['renditions']>[number]): [typeof shown, Rendition] => [row, shown];

export const problem: Problem = { type: 't', title: 't', status: 400, detail: 'd', code: 'invalid_request', errors: [{ pointer: '/a', detail: 'd' }] };
