import { Problem, ProblemCode, PROBLEMS, problemType } from '../contract/problems';

/** An error that the caller is told about; anything else that is thrown is `internal` and told in the log only. */
export class HttpProblem extends Error {
  constructor(readonly code: ProblemCode, detail: string, readonly errors?: Problem['errors']) {
    super(detail);
    this.name = 'HttpProblem';
  }

  toBody(): Problem {
    const { status, title } = PROBLEMS[this.code];
    return { type: problemType(this.code), title, status, detail: this.message, code: this.code, ...(this.errors && { errors: this.errors }) };
  }
}

/** The longest part of a request that an error repeats. */
const QUOTED_LENGTH = 200;

/** One field or parameter is wrong. `pointer` is a JSON pointer (RFC 6901), or a parameter's name; empty for the whole body. */
export function invalid(pointer: string, detail: string): HttpProblem {
  const quoted = quote(pointer);
  return new HttpProblem('invalid_request', quoted ? `${quoted}: ${detail}` : detail, [{ pointer: quoted, detail }]);
}

/** Names come from the caller, and may be long. */
export function quote(text: string): string {
  return text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}…` : text;
}
