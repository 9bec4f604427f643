import { createContext, type Context } from 'vm';
import { load } from './page-modules';

/** The address and the history of a page. */
function openPage(path = '/') {
  const entries = [new URL(path, 'https://videos.example')];
  const listeners: Record<string, (event: object) => void> = {};
  const location = {
    get pathname() { return entries.at(-1)!.pathname; }, get search() { return entries.at(-1)!.search; }, origin: 'https://videos.example',
  };
  const at = (target: string) => new URL(target, entries.at(-1));
  const history = {
    pushState: (_: null, __: string, target: string) => entries.push(at(target)),
    replaceState: (_: null, __: string, target: string) => entries.splice(-1, 1, at(target)),
  };
  const target = { addEventListener: (type: string, listener: (event: object) => void) => { listeners[type] = listener; } };
  const context = createContext({ URLSearchParams, AbortController, setTimeout, clearTimeout, location, history, window: target, document: target });
  const click = (href: string) => listeners.click({ target: { closest: () => at(href) }, button: 0, preventDefault: () => undefined });
  const back = () => { entries.pop(); listeners.popstate({}); };
  return { context, click, back, paths: () => entries.map(({ pathname, search }) => pathname + search) };
}

/** A list whose requests the test answers. */
async function openList(path: string, context: Context = openPage().context) {
  const requests: { path: string; signal: AbortSignal; answer(...ids: string[]): Promise<void>; fail(): Promise<void> }[] = [];
  const settle = async (work: () => void) => { work(); await new Promise(setImmediate); };
  const api = (_: string, asked: string, __: undefined, { signal }: { signal: AbortSignal }) => new Promise((resolve, reject) => {
    requests.push({
      path: asked, signal, answer: (...ids) => settle(() => resolve({ items: ids.map((videoId) => ({ videoId })), cursor: ids.length > 1 ? 'next' : undefined })),
      fail: () => settle(() => reject(new Error('no connection'))),
    });
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  const { VideoList } = await load('state/video-list.js', context);
  const list = new VideoList({ api, path, isShown: () => true, onChange: () => undefined });
  return { list, requests, shown: () => list.shown.map(({ videoId }: { videoId: string }) => videoId).join(' ') };
}

describe('the filter', () => {
  it.each([
    ['', {}, '', '/streams?owner=me&', '/streams?'],
    ['?title=%20', {}, '', '/streams?owner=me&', '/streams?'],
    ['?title=a+%26b ', { title: 'a &b ' }, '?title=a+%26b+', '/streams?owner=me&titlePrefix=a+%26b+&', '/streams?'],
    ['?tag=R%26D', { tag: 'R&D' }, '?tag=R%26D', '/streams?owner=me&tag=R%26D&', '/streams?tag=R%26D&'],
    ['?title=a&tag=b', { tag: 'b' }, '?tag=b', '/streams?owner=me&tag=b&', '/streams?tag=b&'],
  ])('of the address %p', async (address, filter, query, own, published) => {
    const { filterOf, queryOf, listPathsOf } = await load('state/filter.js', openPage().context);
    expect({ ...filterOf(address) }).toEqual(filter);
    expect([queryOf(filter), { ...listPathsOf(filter) }]).toEqual([query, { own, published }]);
  });

  it('is not longer than the service accepts', async () => {
    const { filterOf } = await load('state/filter.js', openPage().context);
    expect([filterOf(`?tag=${'x'.repeat(65)}`).tag.length, filterOf(`?title=${'x'.repeat(201)}`).title.length]).toEqual([64, 200]);
  });

  it('is announced with the number of videos', async () => {
    const { resultOf } = await load('state/filter.js', openPage().context);
    const list = (count: number, hasMore = false) => ({ shown: Array(count).fill({}), hasMore });
    expect([
      resultOf({ filter: { title: 'a' }, own: list(24, true), published: list(3) }), resultOf({ filter: { tag: 'a' }, own: list(0), published: list(1) }),
      resultOf({ filter: { tag: 'a' }, own: list(1), published: list(0), refusal: 'no viewer' }), resultOf({ filter: {}, own: list(0), published: list(0) }),
    ]).toEqual(['Your videos: at least 24 found.', 'Videos with the tag a. Yours: none found. From others: 1 found.', 'Videos with the tag a. Yours: 1 found.', 'All videos are shown.']);
  });
});

describe('the address of the page', () => {
  async function openRouter(path?: string) {
    const page = openPage(path);
    const told: unknown[] = [];
    const { Router } = await load('state/router.js', page.context);
    const router = new Router({ onVideo: (videoId?: string) => told.push(videoId ?? 'none'), onFilter: () => told.push({ ...router.filter }) });
    return { ...page, router, told };
  }

  it('gets one entry of the history for a search, and one for each tag', async () => {
    const { router, paths, back, told } = await openRouter();
    for (const title of ['b', 'br', 'bri']) router.setFilter({ title });
    for (const tag of ['steel', 'iron', 'iron']) router.setFilter({ tag });
    router.setFilter({ title: 'a' });
    expect(paths()).toEqual(['/', '/?title=bri', '/?tag=steel', '/?tag=iron', '/?title=a']);
    told.length = 0;
    back();
    expect(told).toEqual([{ tag: 'iron' }, 'none']);
  });

  it('keeps the filter when a video opens and closes, and the video when a tag is chosen', async () => {
    const { router, click, paths, told } = await openRouter('/?tag=steel');
    click('/watch/one');
    told.length = 0;
    click('?tag=iron');
    expect(told).toEqual([{ tag: 'iron' }]);
    router.go('/');
    click('/');
    expect(paths()).toEqual(['/?tag=steel', '/watch/one?tag=steel', '/watch/one?tag=iron', '/?tag=iron', '/']);
  });
});

describe('a list with a new path', () => {
  it('keeps its videos until the response, and ignores the response of the old path', async () => {
    const { list, requests, shown } = await openList('/a?');
    void list.refresh();
    await requests[0].answer('one', 'two');
    void list.refresh();
    expect([list.setPath('/a?'), list.setPath('/b?')]).toEqual([false, true]);
    void list.refresh();
    expect(requests.map(({ path, signal }) => [path, signal.aborted])).toEqual([['/a?limit=24', true], ['/a?limit=24', true], ['/b?limit=24', false]]);
    await requests[1].answer('three');
    expect([shown(), list.isOutdated, list.hasMore]).toEqual(['one two', true, false]);
    // The last video of the new list is in the middle of the old list.
    await requests[2].answer('zero', 'one');
    expect([shown(), list.isOutdated, list.hasMore]).toEqual(['zero one', false, true]);
  });

  it('stops to load more videos of the old path', async () => {
    const { list, requests, shown } = await openList('/a?');
    void list.refresh();
    await requests[0].answer('one', 'two');
    void list.more();
    list.setPath('/b?');
    void list.refresh();
    await requests[2].answer('three', 'four');
    expect([requests[1].path, requests[1].signal.aborted, shown(), list.isLoading]).toEqual(['/a?limit=24&cursor=next', true, 'three four', false]);
    void list.more();
    expect(requests[3].path).toBe('/b?limit=24&cursor=next');
  });

  it('does not show videos of the old path after an error', async () => {
    const { list, requests, shown } = await openList('/a?');
    void list.refresh();
    await requests[0].answer('one');
    list.setPath('/b?');
    const failed = expect(list.refresh()).rejects.toThrow('no connection');
    await requests[1].fail();
    await failed;
    expect([shown(), list.isLoaded, list.isOutdated]).toEqual(['', false, false]);
  });
});

describe('the search field', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('searches after a pause, or at once if the user submits', async () => {
    const { Search } = await load('state/search.js', openPage().context);
    const searched: string[] = [];
    const search = new Search((text: string) => searched.push(text));
    search.type('a');
    jest.advanceTimersByTime(299);
    search.type('ab');
    jest.advanceTimersByTime(299);
    expect(searched).toEqual([]);
    jest.advanceTimersByTime(1);
    search.type('abc');
    search.submit();
    search.type('abcd');
    search.show('other');
    jest.advanceTimersByTime(1_000);
    expect([searched, search.text]).toEqual([['ab', 'abc'], 'other']);
  });
});
