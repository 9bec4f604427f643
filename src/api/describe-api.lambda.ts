import { API_VERSION, openApiDocument } from '../contract/openapi';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';

const document = openApiDocument(API_VERSION, readEnvironment('api/describe-api').HANDLERS);

export const handler = serveRoutes('api/describe-api', {
  describeApi: async () => ({ body: document, headers: { 'cache-control': 'public, max-age=300' } }),
});
