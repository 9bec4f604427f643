import type { Problem } from './route-types';
import { ProblemCode, PROBLEMS, problemType } from '../contract/problems';

/** An error that the caller is told about; anything else that is thrown is `internal` and told in the log only. `cookies` are set, or end, with it. */
export class HttpProblem extends Error {
  constructor(readonly code: ProblemCode, detail: string, readonly errors?: Problem['errors'], readonly cookies?: readonly string[]) {
    super(detail);
    this.name = 'HttpProblem';
  }

  toBody(): Problem {
    const { status, title } = PROBLEMS[this.code];
    return { type: problemType(this.code), title, status, detail: this.message, code: this.code, ...(this.errors && { errors: this.errors }) };
  }
}

/** The longest part of a request that an error repeats, in characters. */
const QUOTED_LENGTH = 200;

/** One field or parameter is wrong. `pointer` is a JSON pointer (RFC 6901), or a parameter's name; empty for the whole body. */
export function invalid(pointer: string, detail: string): HttpProblem {
  const quoted = quote(pointer);
  return new HttpProblem('invalid_request', quoted ? `${quoted}: ${detail}` : detail, [{ pointer: quoted, detail }]);
}

/** Names come from the caller: they may be long, and hold halves of surrogate pairs, which become U+FFFD. */
export function quote(text: string): string {
  const characters = Array.from(Buffer.from(text).toString());
  return characters.length > QUOTED_LENGTH ? `${characters.slice(0, QUOTED_LENGTH).join('')}…` : characters.join('');
}
