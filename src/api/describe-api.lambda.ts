import { openApiDocument } from '../contract/openapi';
import { serveRoutes } from '../runtime/http';

const document = openApiDocument('1');

export const handler = serveRoutes('api/describe-api', {
  describeApi: async () => ({ body: document, headers: { 'cache-control': 'public, max-age=300' } }),
});
