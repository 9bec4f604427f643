import type { ApiAnswer } from '../gateway/responses';

export function errorPage(status: number, text: string): ApiAnswer {
  const body = `<!DOCTYPE html><title>ERROR: The request could not be satisfied</title><h1>${status} ERROR</h1><p>${text}</p>`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}
