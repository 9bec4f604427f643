import { isDeepStrictEqual } from 'util';
import { etagOf, requireEtag } from './etag.runtime';
import type { Roles } from '../contract/roles';
import { presentDetails, WholeVideo } from '../contract/table';
import { isOwner } from '../domain/user-data-limits';
import { decide, isAdmin } from '../roles/decide';
import { checkTags, checkUserData } from '../runtime/check-user-data';
import { checkedTimes } from '../runtime/edited-times';
import { HttpProblem, invalid } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import type { Edit } from '../runtime/rows/edit-rows';
import type { VideoRepository } from '../runtime/rows/video-repository';
import { toVideo } from '../runtime/video-view';

export interface EditVideosPorts {
  readonly videos: Pick<VideoRepository, 'findWhole' | 'edit'>;
  readonly roles: Roles;
  /** @default - the system clock */
  readonly clock?: () => Date;
}

/** The maximum number of tries of an edit. A try fails if a transcode event changes the row between the read and the write. */
const TRIES = 5;

export function editVideos({ videos, roles, clock = () => new Date() }: EditVideosPorts): Operations<'catalog/edit-videos'> {
  return {
    async editVideo({ caller, path: { videoId }, headers, body }): Promise<AnswerOf<'editVideo'>> {
      const expected = requireEtag(headers['if-match']);
      for (let tries = 0; tries < TRIES; tries++) {
        const whole = await videos.findWhole(videoId);
        const decision = decide(caller, { type: 'manage', video: whole?.row }, roles, clock());
        if (!whole || decision !== 'allowed') throw refusal(decision);
        if (body.owner !== undefined && !isAdmin(caller, roles)) throw refusal('wrong_role');
        if (body.owner !== undefined && !isOwner(body.owner)) throw invalid('/owner', 'is blank');
        if (etagOf(whole.row) !== expected) {
          throw new HttpProblem('edit_conflict', 'the video was edited since you read it. Read it again, and repeat your edit with the new ETag');
        }
        const { title, tags, source: { fileName }, status, owner } = whole.row;
        if (status === 'waiting' && (body.owner ?? owner) !== owner) {
          throw new HttpProblem('wrong_status', 'the video waits for its upload, which only its owner can continue. Change the owner after the upload');
        }
        const { publishAt, unpublishAt, ...others } = body;
        const { visibility: _visibility, owner: _owner, ...texts } = others;
        checkUserData({ fileName, title, tags, ...whole.details, ...texts });
        checkTags(body.tags);
        const edit = { ...others, ...checkedTimes({ publishAt, unpublishAt }, whole.row, clock()) };
        const { row, details } = changes(whole, edit) ? await videos.edit(whole, edit) ?? {} : whole;
        if (row) return { body: toVideo(row, { caller, roles }, details), headers: { etag: etagOf(row) } };
      }
      throw new HttpProblem('unavailable', 'the video changed several times at the same moment. Repeat the request');
    },
  };
}

function changes({ row, details }: WholeVideo, edit: Edit): boolean {
  const stored: Edit = { ...row, ...presentDetails(details) };
  const { description, metadata, ...others } = edit;
  const wanted: Edit = { ...others, ...presentDetails({ description, metadata }) };
  return (Object.keys(edit) as (keyof Edit)[]).some((name) => !isDeepStrictEqual(stored[name], wanted[name] ?? undefined));
}
