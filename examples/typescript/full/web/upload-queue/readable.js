/** The units of the service, for example in its limits. */
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Returns a size with at most three digits, for example `1.25 GiB`. */
export function readableSize(bytes) {
  if (bytes === 1) return '1 byte';
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${UNITS[power]}`;
}

export function readableDuration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
