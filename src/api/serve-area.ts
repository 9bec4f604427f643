import type { Construct } from 'constructs';
import type { VodApi } from './vod-api';
import type { VodRoles } from '../roles/vod-roles';
import type { Area } from '../synth/area';
import { throwIfAny } from '../synth/errors';
import { libraryObjectProblem } from '../synth/prop-checks';

export function serveArea(scope: Construct, api: VodApi, area: Area, roles?: VodRoles): void {
  throwIfAny(scope, [apiProblem(api)]);
  api._serve(area, roles);
}

export function apiProblem(api: VodApi): string | undefined {
  const isRestApi = typeof api === 'object' && api !== null && 'restApiId' in api;
  return isRestApi ? 'api: expected a VodApi, got a REST API of CDK. Create a VodApi, and add your own routes to its restApi'
    : libraryObjectProblem('api', api, 'a VodApi', { members: ['_serve'], required: true });
}
