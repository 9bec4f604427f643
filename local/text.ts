/** Whether a path is valid percent-encoded UTF-8. */
export function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Escapes control and formatting characters as JSON does, so that a log line stays on one line. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
  character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));

export const logLine = (text: string): void => console.error(oneLine(text));

export const firstLines = ({ stack = '' }: Error): string => stack.split('\n', 2).map((line) => line.trim()).join(' ');
