/** Characters that are not allowed in a line: control characters, line and paragraph separators, and U+FFFD to U+FFFF, which represent no character. */
const NOT_IN_A_LINE = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ufffd-\\uffff';

/** Names that every JavaScript object inherits. A client can lose the values of such keys, or can fail because of such keys. */
const INHERITED_NAMES = [
  '__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', 'constructor', 'hasOwnProperty', 'isPrototypeOf',
  'propertyIsEnumerable', 'prototype', 'toLocaleString', 'toString', 'valueOf',
];

/** The JSON Schema pattern of one line of text that is not blank. */
export const LINE_PATTERN = `^(?=.*\\S)[^${NOT_IN_A_LINE}]*$`;

/** The JSON Schema pattern of a name that every client can use as a key. */
export const KEY_PATTERN = `^(?!(?:${INHERITED_NAMES.join('|')})$)(?=.*\\S)[^${NOT_IN_A_LINE}]{1,64}$`;

const NO_TEXT = /[\p{Surrogate}\ufffd-\uffff]|(?![\t\n\r])\p{Control}/u;

/**
 * Whether a string is valid text. Lone surrogates and control characters are rejected, except tabs and line breaks. U+FFFD is rejected because decoders write
 * this character in place of invalid UTF-8.
 */
export function isText(text: string): boolean {
  return !NO_TEXT.test(text);
}

/** Whether a string has no visible character. White space and characters such as U+200B, U+3164 and U+2800 are invisible. */
export function isBlank(text: string): boolean {
  return !/[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Control}\u2800]/u.test(text);
}
