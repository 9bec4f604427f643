import { stringifySetCookie } from 'cookie';
import type { SignCookies } from './cookie-signer.runtime';
import type { Roles } from '../contract/roles';
import { attemptPrefix } from '../domain/object-keys';
import { decide } from '../roles/decide';
import { HttpProblem } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import type { VideoRepository } from '../runtime/rows/video-repository';

export interface StartPlaybackPorts {
  readonly videos: Pick<VideoRepository, 'find'>;
  readonly roles: Roles;
  readonly signCookies: SignCookies;
  /** The address that viewers use, without a slash at its end. */
  readonly serviceUrl: string;
  readonly sessionSeconds: number;
  readonly now: () => Date;
}

/** Starts and renews playback sessions. */
export function startPlayback({ videos, roles, signCookies, serviceUrl, sessionSeconds, now }: StartPlaybackPorts): Operations<'delivery/start-playback'> {
  return {
    async startPlayback({ path: { videoId }, caller }): Promise<AnswerOf<'startPlayback'>> {
      const video = await videos.find(videoId);
      const decision = decide(caller, { type: 'watch', video }, roles);
      if (!video || decision !== 'allowed') throw refusal(decision);
      const { status, media, attempt } = video;
      if (status !== 'ready' || !media) throw new HttpProblem('wrong_status', `the video is ${status}; it can be played once it is ready`);

      const prefix = attemptPrefix(videoId, attempt);
      const expires = Math.floor(now().getTime() / 1000) + sessionSeconds;
      const cookies = await signCookies(`${serviceUrl}/${prefix}*`, expires);
      // One path an attempt: sessions of two videos, or of an old and a new attempt, never overwrite each other. Lax, because some
      // players fetch media outside the page, and the cookies open nothing that a forged request could change.
      // Chromium keeps 180 cookies of a host. Above that it forgets those of low priority first, rather than the refresh cookie or those of the user's app.
      const attributes = { path: `/${prefix}`, maxAge: sessionSeconds, secure: true, httpOnly: true, sameSite: 'lax', priority: 'low' } as const;
      return {
        body: {
          hls: `${serviceUrl}/${media.hls}`,
          ...(media.poster && { poster: `${serviceUrl}/${media.poster}` }),
          expiresAt: new Date(expires * 1000).toISOString(),
        },
        cookies: Object.entries(cookies).map(([name, value]) => stringifySetCookie({ name, value, ...attributes })),
      };
    },
  };
}
