/** What counts as text in everything that people write: titles, names, descriptions. */

/** Inside of a character class: control characters, line and paragraph separators, and the code points from U+FFFD on that stand for no character. */
const NOT_IN_A_LINE = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ufffd-\\uffff';

/** Names that every JavaScript object inherits: as keys they are lost, or break the code that handles them. */
const INHERITED_NAMES = [
  '__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', 'constructor', 'hasOwnProperty', 'isPrototypeOf',
  'propertyIsEnumerable', 'prototype', 'toLocaleString', 'toString', 'valueOf',
];

/** JSON Schema pattern: one line of text, not blank. */
export const LINE_PATTERN = `^(?=.*\\S)[^${NOT_IN_A_LINE}]*$`;

/** JSON Schema pattern: a name that any client can use as a key. */
export const KEY_PATTERN = `^(?!(?:${INHERITED_NAMES.join('|')})$)(?=.*\\S)[^${NOT_IN_A_LINE}]{1,64}$`;

const NO_TEXT = /[\p{Surrogate}\ufffd-\uffff]|(?![\t\n\r])\p{Control}/u;

/**
 * Whether it can be stored and shown as text: no lone surrogates, no control characters but tab and line breaks, and no U+FFFD, which
 * stands for bytes that were not UTF-8.
 */
export function isText(text: string): boolean {
  return !NO_TEXT.test(text);
}

/** Whether nothing of it shows: white space, and characters that are drawn as nothing, such as U+200B, U+3164 and U+2800. */
export function isBlank(text: string): boolean {
  return !/[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Control}\u2800]/u.test(text);
}
