import { HttpProblem } from './http-problem';
import type { Decision } from '../roles/decide';

/** The error does not reveal whether a video exists. */
export function refusal(decision: Decision): HttpProblem {
  return decision === 'wrong_role'
    ? new HttpProblem('wrong_role', 'this action requires a role that you do not have. Ask an admin for the role, then renew your tokens')
    : new HttpProblem('not_found', 'no such video');
}
