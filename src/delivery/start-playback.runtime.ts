import { stringifySetCookie } from 'cookie';
import type { SignCookies } from './cookie-signer.runtime';
import type { Roles } from '../contract/roles';
import { attemptPrefix } from '../domain/object-keys';
import { decide } from '../roles/decide';
import { HttpProblem } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import type { VideoRepository } from '../runtime/rows/video-repository';
import type { PosterUrl } from '../runtime/signing/poster-urls';

export interface StartPlaybackPorts {
  readonly videos: Pick<VideoRepository, 'find'>;
  readonly roles: Roles;
  readonly signCookies: SignCookies;
  readonly posterUrls: () => Promise<PosterUrl>;
  readonly serviceUrl: string;
  readonly sessionSeconds: number;
  readonly now: () => Date;
}

export function startPlayback({ videos, roles, signCookies, posterUrls, serviceUrl, sessionSeconds, now }: StartPlaybackPorts): Operations<'delivery/start-playback'> {
  return {
    async startPlayback({ path: { videoId }, caller }): Promise<AnswerOf<'startPlayback'>> {
      const video = await videos.find(videoId);
      const time = now();
      const decision = decide(caller, { type: 'watch', video }, roles, time);
      if (!video || decision !== 'allowed') throw refusal(decision);
      const { status, media, attempt, unpublishAt } = video;
      if (status !== 'ready' || !media) throw new HttpProblem('wrong_status', `the video is ${status}; it can be played once it is ready`);

      const prefix = attemptPrefix(videoId, attempt);
      const start = Math.floor(time.getTime() / 1000);
      const isManager = decide(caller, { type: 'manage', video }, roles, time) === 'allowed';
      const end = isManager || unpublishAt === undefined ? undefined : new Date(unpublishAt);
      const expires = Math.min(start + sessionSeconds, end ? Math.ceil(end.getTime() / 1000) : Infinity);
      // The cookies and the poster URL are signed concurrently, so that both wait for the same read of a secret.
      const [cookies, poster] = await Promise.all([
        signCookies(`${serviceUrl}/${prefix}*`, expires), media.poster ? posterUrls().then((posterUrl) => posterUrl(media.poster!, end)) : undefined,
      ]);
      // The path contains the video id and the attempt number, so that sessions of two videos never overwrite each other. SameSite is Lax, because some players
      // fetch media outside the page, and the cookies allow only reads. The priority is low, so that Chromium deletes these cookies first if a host has more
      // than 180 cookies.
      const attributes = { path: `/${prefix}`, maxAge: expires - start, secure: true, httpOnly: true, sameSite: 'lax', priority: 'low' } as const;
      return {
        body: {
          hls: `${serviceUrl}/${media.hls}`,
          ...(poster !== undefined && { poster }),
          expiresAt: new Date(expires * 1000).toISOString(),
        },
        cookies: Object.entries(cookies).map(([name, value]) => stringifySetCookie({ name, value, ...attributes })),
      };
    },
  };
}
