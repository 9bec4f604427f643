import { writeFileSync } from 'fs';
import * as path from 'path';
import { ENVIRONMENTS, HandlerName } from '../src/contract/environment';
import { API_VERSION, openApiDocument } from '../src/contract/openapi';

/** The description of the whole API, for client generators. `GET /openapi.json` of a service has the routes that this service has. */
const document = openApiDocument(API_VERSION, Object.keys(ENVIRONMENTS) as HandlerName[]);
writeFileSync(path.join(__dirname, '..', 'openapi.json'), `${JSON.stringify(document, null, 2)}\n`);
