import type { ServerResponse } from 'node:http';
import type { ErrorAnswer } from './web/api-answers.ts';

/** Answers with a JSON document. */
export function answerJson(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

export function answerError(response: ServerResponse, status: number, body: ErrorAnswer): void {
  answerJson(response, status, body);
}
