import { existsSync, readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import type { Heard } from './judge';

/** The rule's function and the queue's function each write one file. The local stack writes each e-mail of the topic to a separate file. */
export class Hearings {
  private readonly mails = new Map<string, Heard>();

  constructor(private readonly heard: string, private readonly notifications: string) {}

  all(): Record<string, Heard[]> {
    return { Function: this.linesOf('Function'), Queue: this.linesOf('Queue'), Topic: this.mailed() };
  }

  private linesOf(name: string): Heard[] {
    const file = path.join(this.heard, name);
    return !existsSync(file) ? [] : readFileSync(file, 'utf8').split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        // The line is empty, or a kill interrupted its write. The event in an incomplete line is delivered again, because the function returned no result.
        return [];
      }
    });
  }

  private mailed(): Heard[] {
    for (const name of existsSync(this.notifications) ? readdirSync(this.notifications) : []) {
      if (this.mails.has(name) || !name.endsWith('.json')) continue;
      const { endpoint, message } = JSON.parse(readFileSync(path.join(this.notifications, name), 'utf8'));
      if (endpoint === 'everything@example.com') this.mails.set(name, JSON.parse(message));
    }
    return [...this.mails.values()];
  }
}
