/**
 * Characters that are not allowed in a line: control characters, line and paragraph separators, the replacement character U+FFFD, and the noncharacters U+FFFE
 * and U+FFFF.
 */
const NOT_IN_A_LINE = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ufffd-\\uffff';

/** Names that every JavaScript object inherits. If the metadata contains such a key, a client can fail, or can lose the value of the key. */
const INHERITED_NAMES = [
  '__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', 'constructor', 'hasOwnProperty', 'isPrototypeOf',
  'propertyIsEnumerable', 'prototype', 'toLocaleString', 'toString', 'valueOf',
];

export const LINE_PATTERN = `^(?=.*\\S)[^${NOT_IN_A_LINE}]*$`;

const LINE = new RegExp(LINE_PATTERN);

/** Whether a text is a single line with at least one visible character. */
export function isLine(text: string): boolean {
  return LINE.test(text) && isText(text) && !isBlank(text);
}

/** The JSON Schema pattern of a key in the metadata of a video. */
export const KEY_PATTERN = `^(?!(?:${INHERITED_NAMES.join('|')})$)(?=.*\\S)[^${NOT_IN_A_LINE}]{1,64}$`;

const NO_TEXT = /[\p{Surrogate}\ufffd-\uffff]|(?![\t\n\r])\p{Control}/u;

/** Decoders replace invalid UTF-8 with U+FFFD, so text with U+FFFD is rejected. */
export function isText(text: string): boolean {
  return !NO_TEXT.test(text);
}

/** Whether a text contains only white space and invisible characters, such as U+200B, U+3164 and U+2800. */
export function isBlank(text: string): boolean {
  return !/[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Control}\u2800]/u.test(text);
}
