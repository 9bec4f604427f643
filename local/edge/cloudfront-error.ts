import type { ApiAnswer } from '../gateway/responses';

/** An error of CloudFront itself, as an HTML page. */
export function cloudFrontError(status: number, text: string): ApiAnswer {
  const body = `<!DOCTYPE html><title>ERROR: The request could not be satisfied</title><h1>${status} ERROR</h1><p>${text}</p>`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}
