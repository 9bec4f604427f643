/** The number is rounded up, so that a size above a limit is not shown as the limit. */
export function readableBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return bytes === 1 ? '1 byte' : `${Math.ceil(bytes / 1024 ** power * 100) / 100} ${units[power]}`;
}

/** `1 h 30 min` */
export function readableDuration(seconds: number): string {
  const parts = [[Math.floor(seconds / 3600), 'h'], [Math.floor(seconds / 60) % 60, 'min'], [seconds % 60, 's']] as const;
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ');
}
