import { until } from './stack';
import { fetchMedia, SignIn, type Tokens } from '../../local/client';
import { CookieJar } from '../../local/cookie-jar';
import type { StackFacts } from '../../local/stack';
import { contentOf, sendFile, stateOf, type FileContent, type PutBytes, type UploadPlan } from '../../local/upload-file';

export interface Video {
  readonly videoId: string;
  readonly title: string;
  readonly status: string;
  readonly error?: { readonly code: string };
}

export interface Plan<T extends UploadPlan = UploadPlan> {
  readonly video: Video;
  readonly upload: T;
}

export type SinglePlan = Extract<UploadPlan, { kind: 'single' }>;

export async function problemOf(response: Response): Promise<[status: number, contentType: string | null, code: unknown]> {
  const text = await response.text();
  return [response.status, response.headers.get('content-type'), text.startsWith('{') ? JSON.parse(text).code : text];
}

export class Caller {
  constructor(protected readonly api: string, private readonly token: string, protected readonly jar = new CookieJar()) {}

  fetch(method: string, route: string, body?: object, more: Record<string, string> = {}): Promise<Response> {
    const headers = { 'authorization': this.token, 'content-type': 'application/json', ...more };
    return this.jar.fetch(`${this.api}${route}`, { method, headers, body: body && JSON.stringify(body) });
  }

  /** Sends a request and returns the body of the response. Throws an error with `status` and `code` if the API rejects the request. */
  async call(method: string, route: string, body?: object): Promise<any> {
    const response = await this.fetch(method, route, body);
    const text = await response.text();
    if (!response.ok) {
      const { status } = response;
      const code: unknown = text.startsWith('{') ? JSON.parse(text).code : undefined;
      throw Object.assign(new Error(`${method} ${route}: ${status} ${text}`), { status, code });
    }
    return text === '' ? undefined : JSON.parse(text);
  }

  get(url: string): Promise<Response> {
    return this.jar.fetch(url);
  }

  declare(size: number, title: string, more: object = {}): Promise<Plan> {
    return this.call('POST', '/upload', { fileName: `${title}.mp4`, contentType: 'video/mp4', size, title, ...more });
  }

  /** Declares a file that is so small that the service plans one PUT request. */
  async declareSmall(size: number, title: string): Promise<Plan<SinglePlan>> {
    const { video, upload } = await this.declare(size, title);
    if (upload.kind !== 'single') throw new Error(`expected an upload with one PUT request, got ${upload.kind}`);
    return { video, upload };
  }

  /** Uploads a file with one PUT request or in parts, and returns the video's id. `more` contains additional fields of the upload request. */
  async upload(file: Buffer<ArrayBuffer> | FileContent, title: string, more?: object): Promise<string> {
    const content = Buffer.isBuffer(file) ? contentOf(file) : file;
    const plan = await this.declare(content.size, title, more);
    await sendFile(this.call.bind(this), plan, content);
    return plan.video.videoId;
  }

  /** Continues an upload: sends the parts that S3 has not stored, and completes the upload. */
  async continueUpload(videoId: string, content: FileContent, put?: PutBytes): Promise<void> {
    const call = this.call.bind(this);
    await sendFile(call, await stateOf(call, videoId), content, put);
  }

  find(videoId: string): Promise<Video> {
    return this.call('GET', `/streams/${videoId}`);
  }

  async etagOf(videoId: string): Promise<string> {
    return (await this.fetch('GET', `/streams/${videoId}`)).headers.get('etag')!;
  }

  edit(videoId: string, fields: object, etag: string): Promise<Response> {
    return this.fetch('PATCH', `/streams/${videoId}`, fields, { 'if-match': etag });
  }

  async settled(videoId: string): Promise<Video> {
    let video: Video | undefined;
    await until(`${videoId} is ready or errored`, async () => {
      video = await this.find(videoId);
      return ['ready', 'errored'].includes(video.status);
    });
    return video!;
  }

  async play(videoId: string): Promise<number> {
    const { hls } = await this.call('POST', `/streams/${videoId}/playback`);
    return (await fetchMedia(this.jar, hls)).reduce((sum, { segments }) => sum + segments.length, 0);
  }
}

export class Client extends Caller {
  static async signIn(facts: StackFacts, user = facts.users[0]): Promise<Client> {
    const signIn = await SignIn.begin(facts);
    return new Client(facts.api, signIn.jar, await signIn.tokens(user));
  }

  constructor(api: string, jar: CookieJar, readonly tokens: Tokens) {
    super(api, tokens.id_token, jar);
  }

  async renewed(): Promise<Client> {
    const { refresh_token } = this.tokens;
    return new Client(this.api, this.jar, { refresh_token, ...await this.call('POST', '/token', { refresh_token }) });
  }
}
