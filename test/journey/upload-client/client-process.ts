import { fork, type ChildProcess } from 'child_process';
import * as path from 'path';
import type { UploadState } from '../../../examples/typescript/full/web/upload/types';
import type { StackFacts } from '../../../local/stack';
import { until } from '../stack';

/** An action in the middle of the PUT request of part `part`. If the client skips this part, the action happens in the next part that the client sends. */
export interface Trigger {
  readonly part: number;
  readonly does: 'offline' | 'pause' | 'report';
}

export interface Plan {
  readonly facts: StackFacts;
  readonly file: string;
  readonly fileName: string;
  readonly videoId?: string;
  readonly triggers: readonly Trigger[];
  /** Cuts the connection of every n-th PUT request. If the value is 0, cuts no connection. */
  readonly cutEvery: number;
  /** Loses the response of the first request that creates the video. */
  readonly loseCreation: boolean;
}

export interface End {
  readonly type: 'end';
  readonly video?: { readonly videoId: string };
  readonly error?: { readonly code: string; readonly message: string; readonly expected?: object; readonly actual?: object };
  /** The numbers of the parts that S3 has stored, in order. */
  readonly sent: readonly number[];
  /** The number of token renewals after the API rejected an expired token. */
  readonly renewals: number;
  readonly removals: number;
  /** The number of sessions that signed URLs. */
  readonly sessions: number;
  /** Bytes. */
  readonly peakMemory: number;
}

export type Report = { readonly type: 'state'; readonly state: UploadState } | Trigger & { readonly type: 'reached'; readonly state: UploadState } | End;

/** A client that uploads a file in its own process. */
export class ClientProcess {
  static readonly running = new Set<ClientProcess>();

  state?: UploadState;
  end?: End;
  readonly phases: string[] = [];
  private readonly reached: Trigger[] = [];
  private readonly child: ChildProcess;
  private output = '';

  constructor(plan: Pick<Plan, 'facts' | 'file' | 'fileName'> & Partial<Plan>) {
    const complete: Plan = { triggers: [], cutEvery: 0, loseCreation: false, ...plan };
    this.child = fork(path.join(__dirname, 'run.ts'), [JSON.stringify(complete)], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on('data', (chunk) => { this.output += chunk; });
    this.child.on('message', (report: Report) => this.hear(report));
    this.child.once('exit', () => ClientProcess.running.delete(this));
    ClientProcess.running.add(this);
  }

  /** Waits until something happened in the process. */
  async until(does: Trigger['does']): Promise<void> {
    await this.wait(`the client has reached ${does}`, () => this.reached.some((trigger) => trigger.does === does));
  }

  async untilPhase(phase: UploadState['phase']): Promise<UploadState> {
    await this.wait(`the phase is ${phase}`, () => this.state?.phase === phase);
    return this.state!;
  }

  async ended(): Promise<End> {
    await this.wait('the client has ended', () => this.end);
    return this.end!;
  }

  send(message: 'online' | 'resume'): void {
    this.child.send(message);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private async wait(what: string, check: () => unknown): Promise<void> {
    await until(what, () => {
      if (this.child.exitCode !== null && !this.end) throw new Error(`the client ended:\n${this.output}`);
      return check();
    }).catch((error: Error) => { throw new Error(`${error.message}\nstate: ${JSON.stringify(this.state)}\n${this.output}`); });
  }

  private hear(report: Report): void {
    if (report.type === 'end') {this.end = report;} else {
      this.state = report.state;
      if (this.phases.at(-1) !== report.state.phase) this.phases.push(report.state.phase);
      if (report.type === 'reached') this.reached.push(report);
    }
  }
}
