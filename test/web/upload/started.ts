import { setImmediate } from 'timers/promises';
import { crc32 } from 'zlib';
import { FakeService } from './fake-service';
import type { UploadOptions, UploadState } from '../../../examples/typescript/full/web/upload/types.js';
import type { Upload, UploadError } from '../../../examples/typescript/full/web/upload/upload.js';

export type { Upload, UploadError, UploadOptions, UploadState };

export const loaded = (): Promise<typeof import('../../../examples/typescript/full/web/upload/upload.js')> => import('../../../examples/typescript/full/web/upload/upload.js');

/** Five parts of 1,000 bytes, and a shorter one. */
export const CONTENT = Buffer.from(Array.from({ length: 5500 }, (_, n) => (n * 7 + Math.floor(n / 251)) % 251));
export const SMALL = CONTENT.subarray(0, 700);

export const fileOf = (content: Buffer<ArrayBuffer>, name = 'film.mp4'): File => new File([content], name, { type: 'video/mp4' });

export interface Started {
  readonly upload: Upload;
  readonly states: UploadState[];
  /** The result of `start`: the video, or the error. */
  readonly result: Promise<any>;
  outcome?: { video?: any; error?: any };
}

export async function started(service: FakeService, content: Buffer<ArrayBuffer>, options: Partial<UploadOptions> = {}): Promise<Started> {
  const states: UploadState[] = [];
  const upload = new (await loaded()).Upload({
    file: fileOf(content), api: service.api, put: service.put, onChange: (state) => states.push(state),
    crc32: async (blob) => crc32(new Uint8Array(await blob.arrayBuffer())), ...options,
  });
  const result = upload.start().then((video) => ({ video }), (error: unknown) => ({ error }));
  const run: Started = { upload, states, result };
  void result.then((outcome) => { run.outcome = outcome; });
  await settled();
  return run;
}

/** Lets all promises and reads of Blobs proceed without a change of the fake time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await setImmediate();
}

/** Advances the fake time. */
export async function advance(seconds: number, step = 0.25): Promise<void> {
  for (let passed = 0; passed < seconds; passed += step) {
    await jest.advanceTimersByTimeAsync(step * 1000);
    for (let turn = 0; turn < 15; turn++) await setImmediate();
  }
}

export function useFakeTime(): void {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'], now: Date.parse('2026-11-30T12:00:00.000Z') });
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });
}

export const phasesOf = (states: readonly UploadState[]): string[] => states.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1]);
