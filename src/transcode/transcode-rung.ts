import { Bitrate, Token } from 'aws-cdk-lib';
import type { Rung } from '../contract/transcode';
import { bitrateProblem, isAbsent, keyProblem, listProblems, objectProblem, show } from '../synth/prop-checks';

/** One rung of the ladder. Each source that is large enough gets a rendition for the rung. */
export interface TranscodeRung {
  /**
   * Short side of a 16:9 box: an even number of pixels from 120 to 2160, for example 720.
   *
   * The picture is scaled down to fit the box, and is never scaled up.
   */
  readonly height: number;

  /** Maximum bitrate of the rendition's video, from 0.05 to 50 Mb/s. */
  readonly maxBitrate: Bitrate;
}

const HEIGHTS = { min: 120, max: 2160 } as const;
const BITRATES = { min: Bitrate.mbps(0.05), max: Bitrate.mbps(50) };
const MAX_RUNGS = 10;

/** Values that are known only at deploy time are not checked. */
export function ladderProblems(name: string, ladder: readonly TranscodeRung[] | undefined): (string | undefined)[] {
  const problems = listProblems(name, ladder, rungProblem, { tokens: false });
  if (isAbsent(ladder) || problems.some((problem) => problem !== undefined)) return problems;
  if (ladder.length > MAX_RUNGS) return [`${name}: expected 1 to ${MAX_RUNGS} rungs, got ${ladder.length}`];
  const rungs = ladder.map(toRung);
  if (rungs.some(({ height, maxBitrate }) => Token.isUnresolved(height) || Token.isUnresolved(maxBitrate))) return [];
  const sorted = rungs.sort((a, b) => b.height - a.height);
  return sorted.slice(1).map((lower, index) => {
    const upper = sorted[index];
    if (upper.height === lower.height) return `${name}: expected each height only once, got ${upper.height} twice`;
    // Players choose a rendition by its bitrate, so a larger rendition needs a higher bitrate.
    return upper.maxBitrate > lower.maxBitrate ? undefined
      : `${name}: expected a higher maxBitrate at height ${upper.height} than at height ${lower.height}, got ${megabits(upper.maxBitrate)} and ${megabits(lower.maxBitrate)}`;
  });
}

export function toRung({ height, maxBitrate }: TranscodeRung): Rung {
  return { height, maxBitrate: maxBitrate.toBps() };
}

function rungProblem(name: string, given: unknown): string | undefined {
  const wrong = objectProblem(name, given, '{ height, maxBitrate }');
  if (wrong || isAbsent(given)) return wrong;
  const { height, maxBitrate } = given as Partial<TranscodeRung>;
  const problems = [
    keyProblem<TranscodeRung>(name, given as TranscodeRung, { height: true, maxBitrate: true }),
    heightProblem(`${name}.height`, height),
    isAbsent(maxBitrate) ? `${name}.maxBitrate: expected a Bitrate, got none` : bitrateProblem(`${name}.maxBitrate`, maxBitrate, BITRATES.min, BITRATES.max),
  ].filter((problem) => problem !== undefined);
  return problems.length > 0 ? problems.join('; ') : undefined;
}

function heightProblem(name: string, given: unknown): string | undefined {
  const isRight = typeof given === 'number'
    && (Token.isUnresolved(given) || (given % 2 === 0 && given >= HEIGHTS.min && given <= HEIGHTS.max));
  return isRight ? undefined : `${name}: expected an even number of pixels for the short side, from ${HEIGHTS.min} to ${HEIGHTS.max} (4K is 2160), got ${show(given)}`;
}

function megabits(bps: number): string {
  return `${bps / 1e6} Mb/s`;
}
