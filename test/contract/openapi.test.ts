import { readFileSync } from 'fs';
import { join } from 'path';
import { ENVIRONMENTS, type HandlerName } from '../../src/contract/environment';
import { API_VERSION, openApiDocument } from '../../src/contract/openapi';
import { REFRESH_COOKIE } from '../../src/contract/routes';

interface Operation {
  readonly operationId: string;
  readonly parameters: { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, any> };
}

const file = readFileSync(join(__dirname, '..', '..', 'openapi.json'), 'utf8');
const document: Document = JSON.parse(file);
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

function* objects(value: unknown): Generator<Record<string, any>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value;
  for (const inner of Object.values(value)) yield* objects(inner);
}

describe('openapi.json', () => {
  test('is generated from the route table by `npm run build`', () => {
    expect(document).toEqual(openApiDocument(API_VERSION, Object.keys(ENVIRONMENTS) as HandlerName[]));
    expect(file).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  test('is valid OpenAPI 3.1, and each reference can be resolved', async () => {
    const { Validator } = await import('@seriousme/openapi-schema-validator');
    const validator = new Validator();
    // The validator changes its input when it resolves references, so the test passes a copy.
    expect(await validator.validate(JSON.parse(file))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(JSON.stringify(validator.resolveRefs())).not.toContain('$ref');
  });

  test('contains each schema once, and refers to it elsewhere', () => {
    const written = [...objects(document)].filter(({ properties, enum: values }) => properties || values).map((schema) => JSON.stringify(schema));
    expect(written.filter((schema, index) => written.indexOf(schema) !== index)).toEqual([]);
    expect(document.components.schemas.VideoList.properties.items.items).toEqual({ $ref: '#/components/schemas/Video' });
    expect(document.components.schemas.Video.properties).toMatchObject({
      videoId: { $ref: '#/components/schemas/VideoId' }, renditions: { items: { $ref: '#/components/schemas/Rendition' } },
    });
  });

  test('allows additional fields and values in events of later versions', () => {
    const { EventDetail, EventVideo } = document.components.schemas;
    const all = [...objects([EventDetail, EventVideo])];
    expect(all.filter(({ properties }) => properties).map(({ additionalProperties }) => additionalProperties)).toEqual([true, true, true, true]);
    expect(all.filter((schema) => Array.isArray(schema.enum))).toEqual([]);
    expect(EventVideo.properties.status.description).toContain('uploaded, processing');
  });

  test('refers to every component', () => {
    const referred = new Set([...objects(document)].flatMap(({ $ref }) => $ref ?? []));
    expect(Object.keys(document.components.schemas).filter((name) => !referred.has(`#/components/schemas/${name}`))).toEqual([]);
  });

  test('describes every successful response by a component, except its own', () => {
    const inline = operations.filter(({ responses }) => [...objects(responses)].some(({ schema }) => schema && !schema.$ref));
    expect(inline.map(({ operationId }) => operationId)).toEqual(['describeApi']);
  });

  test('describes the errors of the handler that are HTML pages for people', () => {
    const pages = operations.flatMap(({ operationId, responses }) => Object.entries(responses)
      .flatMap(([status, { content = {} }]) => 'text/html' in content ? [`${operationId} ${status}`] : []));
    expect(pages).toEqual(['login 400', 'login 500', 'login 502', 'authorize 400', 'authorize 500', 'authorize 502']);
  });

  test('lists the parameters that clients can send, without headers that only browsers set', () => {
    const places = (id: string) => operations.find(({ operationId }) => operationId === id)?.parameters.map(({ name, in: place }) => `${place} ${name}`);
    expect(places('refreshTokens')).toEqual([`cookie ${REFRESH_COOKIE}`]);
    expect(places('login')).toEqual(['query return_to']);
    expect(places('getVideo')).toEqual(['path videoId']);
  });

  test('is returned by the service without the routes of missing handlers', () => {
    const served = openApiDocument(API_VERSION, ['api/describe-api', 'catalog/edit-videos', 'catalog/read-videos']);
    expect(served).toEqual({ ...document, paths: Object.fromEntries(['/streams', '/streams/{videoId}', '/openapi.json'].map((route) => [route, document.paths[route]])) });
  });
});
