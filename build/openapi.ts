import { writeFileSync } from 'fs';
import * as path from 'path';
import { ENVIRONMENTS, HandlerName } from '../src/contract/environment';
import { API_VERSION, openApiDocument } from '../src/contract/openapi';

/** Writes the OpenAPI document of all routes, for client generators. The document at `GET /openapi.json` contains only the routes of the deployed service. */
const document = openApiDocument(API_VERSION, Object.keys(ENVIRONMENTS) as HandlerName[]);
writeFileSync(path.join(__dirname, '..', 'openapi.json'), `${JSON.stringify(document, null, 2)}\n`);
