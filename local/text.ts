/** Whether a path's percent-encoding is whole and UTF-8. */
export function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The text on one line: control and formatting characters, which a decoded path may hold, as JSON's escapes, so that a line of JSON stays one. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
  character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));

/** Writes one line to the console. */
export const logLine = (text: string): void => console.error(oneLine(text));

/** What an error says, and where it was thrown. */
export const firstLines = ({ stack = '' }: Error): string => stack.split('\n', 2).map((line) => line.trim()).join(' ');
