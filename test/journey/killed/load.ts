import { EventEmitter, once } from 'events';
import { setTimeout as wait } from 'timers/promises';
import type { Client } from '../client';
import type { StackProcess } from '../stack';

/** A change is acknowledged if its request got a successful response. */
interface Known {
  readonly titles: string[];
  readonly edits: Map<number, string>;
  isUploaded: boolean;
  /** The version of the row when the video was removed. Absent if the removal was not acknowledged. */
  removed?: number;
  isRemoving: boolean;
}

export class Load {
  readonly known = new Map<string, Known>();
  readonly titles = new Set<string>();
  acknowledged = 0;
  private readonly uploads = new EventEmitter();
  private count = 0;
  private isEnding = false;

  /** Uploads `clip` once. Throws an error if a request fails before `end` is called. */
  async run(stack: StackProcess, client: Client, clip?: Buffer<ArrayBuffer>): Promise<void> {
    this.isEnding = false;
    const upload = async (content: Buffer<ArrayBuffer>) => this.upload(await this.create(client, content.length), content);
    const unlessEnding = (work: Promise<unknown>) => work.catch((error: Error) => {
      if (!this.isEnding) throw error;
    });
    const repeat = async (work: () => Promise<unknown>) => {
      while (!this.isEnding) await unlessEnding(work());
    };
    await Promise.all([
      ...clip ? [unlessEnding(upload(clip))] : [],
      repeat(() => upload(Buffer.from('no video'))),
      repeat(() => this.create(client, 1)),
      repeat(() => this.change(stack)),
      repeat(() => this.change(stack)),
    ]);
  }

  /** Stops new requests, and ignores failures of running requests. */
  end(): void {
    this.isEnding = true;
  }

  async nextUpload(): Promise<void> {
    await once(this.uploads, 'upload');
  }

  private async create(client: Client, size: number): Promise<{ videoId: string; method: string; url: string; headers: Record<string, string> }> {
    const title = `video ${++this.count}`;
    this.titles.add(title);
    const { video: { videoId }, upload } = await client.declareSmall(size, title);
    this.known.set(videoId, { titles: [title], edits: new Map(), isUploaded: false, isRemoving: false });
    this.acknowledged++;
    return { videoId, ...upload };
  }

  private async upload({ videoId, method, url, headers }: Awaited<ReturnType<Load['create']>>, body: Buffer<ArrayBuffer>): Promise<void> {
    const { status } = await fetch(url, { method, headers, body });
    if (status !== 200) throw new Error(`the upload ended with ${status}`);
    this.known.get(videoId)!.isUploaded = true;
    this.uploads.emit('upload');
    this.acknowledged++;
  }

  private async change(stack: StackProcess): Promise<void> {
    const [videoId, video] = [...this.known].slice(-30).filter(([, { isRemoving }]) => !isRemoving).at(Math.floor(Math.random() * 30)) ?? [];
    if (!videoId || !video) return wait(10);
    if (Math.random() < 0.1) {
      video.isRemoving = true;
      const row = await stack.invoke('Write', { remove: videoId });
      video.removed = row.version;
    } else {
      const title = `edit ${++this.count}`;
      video.titles.push(title);
      const row = await stack.invoke('Write', { edit: { videoId, title } });
      // The row is null if another request removed the video.
      if (row) video.edits.set(row.version, title);
    }
    this.acknowledged++;
  }
}
