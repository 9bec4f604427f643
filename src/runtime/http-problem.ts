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
