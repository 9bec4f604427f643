import { HttpProblem } from './http-problem';
import type { Decision } from '../roles/decide';

/** What the caller is told whose action was not allowed. Nothing in it tells one video from another, or from none. */
export function refusal(decision: Decision): HttpProblem {
  return decision === 'wrong_role'
    ? new HttpProblem('wrong_role', 'this takes a role that you do not have; ask for it, then renew your tokens')
    : new HttpProblem('not_found', 'no such video');
}
