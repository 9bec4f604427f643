import { writeFileSync } from 'fs';
import * as path from 'path';
import { ENVIRONMENTS, HandlerName } from '../src/contract/environment';
import { API_VERSION, openApiDocument } from '../src/contract/openapi';

/** The OpenAPI document of all routes, for client generators. `GET /openapi.json` of a deployed service contains only that service's routes. */
const document = openApiDocument(API_VERSION, Object.keys(ENVIRONMENTS) as HandlerName[]);
writeFileSync(path.join(__dirname, '..', 'openapi.json'), `${JSON.stringify(document, null, 2)}\n`);
