import { ASSUMPTIONS, type Month } from './month';

/** List prices in dollars per minute. A stored minute counts once for all its renditions. */
const PER_MINUTE = { stored: 0.005, delivered: 0.001 };

export function cloudflareBillOf({ videos, users, viewsPerUser }: Month) {
  const { minutesPerVideo, minutesPerView, storedMonths } = ASSUMPTIONS;
  const minutes = { stored: videos * minutesPerVideo * storedMonths, delivered: users * viewsPerUser * minutesPerView };
  const dollars = { stored: minutes.stored * PER_MINUTE.stored, delivered: minutes.delivered * PER_MINUTE.delivered };
  return { minutes, dollars, total: dollars.stored + dollars.delivered };
}
