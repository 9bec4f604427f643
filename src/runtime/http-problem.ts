import type { Problem } from './route-types';
import { ProblemCode, PROBLEMS, problemType } from '../contract/problems';

export interface ProblemOptions {
  readonly cookies?: readonly string[];
  /** The text of the error page, if the default text for the code is not specific enough. */
  readonly pageText?: string;
  /** The URL of the link on the error page. @default - the URL in `errorPage` of the route */
  readonly pageLink?: string;
}

/**
 * The caller receives this error as problem+json. If the route has `errorPage`, a person with a browser receives an HTML page instead. An error of any other
 * class is logged, and the caller receives the code `internal`.
 */
export class HttpProblem extends Error {
  constructor(readonly code: ProblemCode, detail: string, readonly errors?: Problem['errors'], readonly options: ProblemOptions = {}) {
    super(detail);
    this.name = 'HttpProblem';
  }

  with(options: ProblemOptions): HttpProblem {
    return new HttpProblem(this.code, this.message, this.errors, { ...this.options, ...options });
  }

  toBody(): Problem {
    const { status, title } = PROBLEMS[this.code];
    return { type: problemType(this.code), title, status, detail: this.message, code: this.code, ...(this.errors && { errors: this.errors }) };
  }
}

/** The maximum number of characters that an error message quotes from a request. */
const QUOTED_LENGTH = 200;

/** @param pointer JSON pointer of the field (RFC 6901) or name of the parameter; empty for the whole body */
export function invalid(pointer: string, detail: string): HttpProblem {
  const quoted = quote(pointer);
  return new HttpProblem('invalid_request', quoted ? `${quoted}: ${detail}` : detail, [{ pointer: quoted, detail }]);
}

/** Unpaired surrogates become U+FFFD. */
export function quote(text: string): string {
  const characters = Array.from(Buffer.from(text).toString());
  return characters.length > QUOTED_LENGTH ? `${characters.slice(0, QUOTED_LENGTH).join('')}…` : characters.join('');
}
