import { ADDRESS } from './address';
import { API } from './api';
import { CALLERS } from './callers';
import type { Check } from './check';
import { CORS } from './cors';
import { DATA } from './data';
import { DELIVERY } from './delivery';
import { DEPENDENCIES } from './dependencies';
import { EVENTS } from './events';
import { FUNCTIONS } from './functions';
import { LEAST_PRIVILEGE } from './least-privilege';
import { SIGN_IN } from './sign-in';

/** `npm run judges` changes one place of a template at a time, and expects a check to fail. */
export const CHECKS: Record<string, Record<string, Check>> = {
  'least privilege': LEAST_PRIVILEGE,
  'callers': CALLERS,
  'data': DATA,
  'API': API,
  'CORS': CORS,
  'delivery': DELIVERY,
  'address': ADDRESS,
  'events': EVENTS,
  'dependencies': DEPENDENCIES,
  'functions': FUNCTIONS,
  'sign-in': SIGN_IN,
};
