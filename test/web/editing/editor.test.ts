import { createContext } from 'vm';
import { load } from '../page-modules';

interface Request { readonly method: string; readonly body?: object; readonly etag?: string }
type Fields = Readonly<Record<string, unknown>>;

const VIDEO = { videoId: 'v', title: 'Holiday', description: 'At the sea', tags: ['sea', 'summer'], visibility: 'signed-in' };

/** The service with one video. The ETag of the video contains the revision. */
class Service {
  video: Fields = VIDEO;
  revision = 1;
  readonly requests: Request[] = [];
  /** Is called before each edit. */
  before: () => unknown = () => undefined;
  /** Loses the response of the next edit. */
  losesResponse = false;

  constructor(private readonly Problem: new (message: string, facts: object) => Error) {}

  /** An edit from another window or user. */
  edit(fields: Fields): void {
    this.video = { ...this.video, ...fields };
    this.revision++;
  }

  readonly api = async (method: string, path: string, body?: Fields, { etag }: { etag?: string } = {}) => {
    expect(path).toBe('/streams/v');
    this.requests.push({ method, ...(body && { body: JSON.parse(JSON.stringify(body)) }), ...(etag && { etag }) });
    if (method === 'PATCH') {
      await this.before();
      if (etag !== `"v.${this.revision}"`) throw new this.Problem('stale', { status: 412, code: 'edit_conflict' });
      this.edit(body!);
      if (this.losesResponse) {
        this.losesResponse = false;
        throw new this.Problem('The service can\'t be reached.', { code: 'no_connection' });
      }
    }
    return { ...this.video, etag: `"v.${this.revision}"` };
  };
}

describe('the edit form', () => {
  let editor: any;
  let service: Service;
  let saved: Fields[];
  let focused: string[];
  let user: string;
  let mayDiscard: jest.Mock;
  let problem: (code: string, status: number, more?: object) => Error;

  beforeEach(async () => {
    const context = createContext({});
    const modules = new Map();
    const { Editor } = await load('editing/editor.js', context, modules);
    const { Problem } = await load('service/request.js', context, modules);
    problem = (code, status, more) => new Problem('as machines say it', { code, status, ...more });
    service = new Service(Problem);
    [saved, focused, user] = [[], [], 'ada'];
    mayDiscard = jest.fn(async () => false);
    editor = new Editor({
      api: service.api, userId: () => user, mayDiscard, onChange: () => undefined, onSaved: (video: Fields) => saved.push(video),
      onFocus: ({ id, videoId, place }: Record<string, string>) => focused.push(id ?? `${place} ${videoId}`),
    });
    await editor.open(VIDEO, 'own');
  });

  const edits = () => service.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body);

  it('sends only changed fields with the ETag, then closes, and returns the focus to the button', async () => {
    editor.change('title', ' Holidays ');
    editor.change('tags', 'sea\n\n summer \nsea\nwinter, too');
    await editor.save();
    expect(service.requests.slice(1)).toEqual([{ method: 'PATCH', etag: '"v.1"', body: { title: 'Holidays', tags: ['sea', 'summer', 'winter, too'] } }]);
    expect([editor.video, saved.map(({ title }) => title), focused]).toEqual([undefined, ['Holidays'], ['edit-title', 'own v']]);
  });

  it('sends nothing if nothing has changed', async () => {
    editor.change('tags', 'sea\nsummer\n');
    expect(editor.isDirty).toBe(false);
    await editor.save();
    expect([edits(), editor.video]).toEqual([[], undefined]);
  });

  it('shows what another window has changed, keeps the text of the user, and saves it only after the next click', async () => {
    editor.change('title', 'My holiday');
    service.edit({ title: 'Our holiday', tags: ['sea'], description: undefined });
    await editor.save();
    expect(editor.changes).toMatchObject([
      { name: 'title', before: 'Holiday', now: 'Our holiday', isMine: true },
      { name: 'description', before: 'At the sea', now: '', isMine: false },
      { name: 'tags', before: 'sea\nsummer', now: 'sea', isMine: false },
    ]);
    expect(editor.draft).toMatchObject({ title: 'My holiday', description: '', tags: 'sea' });
    expect([service.video.title, saved, focused.at(-1)]).toEqual(['Our holiday', [], 'edit-conflict']);
    await editor.save();
    expect([edits().at(-1), service.video.title, editor.video]).toEqual([{ title: 'My holiday' }, 'My holiday', undefined]);
  });

  it('takes the other text of one field if the user wants it', async () => {
    editor.change('title', 'My holiday');
    editor.change('description', 'In the mountains');
    service.edit({ title: 'Our holiday' });
    await editor.save();
    editor.useTheirs('title');
    expect([editor.draft.title, focused.at(-1)]).toEqual(['Our holiday', 'edit-title']);
    await editor.save();
    expect(edits().at(-1)).toEqual({ description: 'In the mountains' });
  });

  it('saves again by itself if only fields without a place in the form have changed', async () => {
    editor.change('title', 'My holiday');
    service.before = () => { if (service.revision === 1) service.edit({ metadata: { camera: 'x' } }); };
    await editor.save();
    expect([edits().length, service.video.title, editor.video]).toEqual([2, 'My holiday', undefined]);
  });

  it('recognizes its own edit after a lost response', async () => {
    editor.change('title', 'My holiday');
    service.losesResponse = true;
    await editor.save();
    expect([editor.problem, editor.draft.title]).toEqual(['Your changes are not saved. The service can\'t be reached.', 'My holiday']);
    await editor.save();
    expect([editor.video, saved.map(({ title }) => title), service.revision]).toEqual([undefined, ['My holiday'], 2]);
  });

  it('names the fields that the service rejects, and moves the focus to the first', async () => {
    editor.change('title', '');
    editor.change('tags', 'sea\nSea');
    const errors = [
      { pointer: '/tags', detail: '"sea" and "Sea" are the same tag: they differ only in case' }, { pointer: '/tags', detail: 'is too long' }, { pointer: '/title', detail: 'does not match' },
    ];
    service.before = () => { throw problem('invalid_request', 400, { errors }); };
    await editor.save();
    expect(editor.errors).toEqual({ title: 'Enter a title of 1 to 200 characters in one line.', tags: '"sea" and "Sea" are the same tag: they differ only in case.' });
    expect([editor.problem, focused.at(-1)]).toEqual(['', 'edit-title']);
    editor.change('title', 'T');
    expect(editor.errors.title).toBe(undefined);
    service.before = () => { throw problem('invalid_request', 400, { errors: [{ pointer: '/tags/1', detail: 'String is too long' }] }); };
    await editor.save();
    expect(editor.errors).toEqual({ tags: '“Sea” can\'t be a tag. A video can have 20 tags, and each tag can have 64 characters.' });
  });

  it.each([
    ['not_found', 404, /^Your changes are not saved. This video is gone, or it is no longer yours. Your text is still in this form/],
    ['wrong_role', 403, /^Your changes are not saved. You are not allowed to edit this video/],
    ['throttled', 429, /^Your changes are not saved. as machines say it/],
  ])('keeps the text after %s', async (code, status, words) => {
    editor.change('title', 'My holiday');
    service.before = () => { throw problem(code, status); };
    await editor.save();
    expect([editor.draft.title, editor.problem, editor.isSaving, focused.at(-1)]).toEqual(['My holiday', expect.stringMatching(words), false, 'edit-problem']);
  });

  it('keeps text that the user types during a save, and does not close during a save', async () => {
    editor.change('title', 'My holiday');
    service.before = () => {
      editor.cancel();
      editor.change('description', 'Longer');
    };
    await editor.save();
    expect([editor.draft.description, saved.length, editor.isDirty]).toEqual(['Longer', 1, true]);
    service.before = () => undefined;
    await editor.save();
    expect([edits().at(-1), editor.video]).toEqual([{ description: 'Longer' }, undefined]);
  });

  it('asks before another form replaces text that is not saved', async () => {
    editor.change('title', 'My holiday');
    service.video = { ...VIDEO, videoId: 'v' };
    editor.video = { ...editor.video, videoId: 'other' };
    await editor.open(VIDEO, 'own');
    expect([mayDiscard.mock.calls.length, editor.video.videoId, editor.draft.title, editor.opening]).toEqual([1, 'other', 'My holiday', undefined]);
    mayDiscard.mockResolvedValue(true);
    await editor.open(VIDEO, 'own');
    expect([editor.video.videoId, editor.draft.title]).toEqual(['v', 'Holiday']);
  });

  it('waits for the user who signs in again, and not for another user', async () => {
    editor.change('title', 'My holiday');
    service.before = () => { throw Object.assign(new Error('the session has ended'), { name: 'AbortError' }); };
    await editor.save();
    editor.start();
    expect([editor.draft.title, editor.problem]).toEqual(['My holiday', '']);
    user = 'grace';
    editor.start();
    expect([editor.video, editor.isDirty]).toEqual([undefined, false]);
  });
});
