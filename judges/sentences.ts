import { execFileSync } from 'child_process';
import { createHash } from 'crypto';
import { readFileSync } from 'fs';
import * as path from 'path';
import { parseArgs } from 'util';
import * as ts from 'typescript';

/*
 * Draws random sentences of the project. A reader marks each sentence that they had to read twice. Prints each sentence with the sentence before it, and with
 * its heading, table column or line of code. The default seed is the id of the current commit.
 * Usage: npm run sentences -- [--seed TEXT] [--count N] [--all] [PATH...]
 */
const KINDS = ['docstring', 'message', 'comment', 'document'] as const;
type Kind = (typeof KINDS)[number] | 'test name';

interface Sentence {
  readonly kind: Kind;
  readonly place: string;
  readonly text: string;
  readonly subject: string;
  readonly previous?: string;
}

const root = path.join(__dirname, '..');
const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

const { values: options, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '100' },
    all: { type: 'boolean', default: false },
  },
});

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
/** Counts words of prose, without code, paths and identifiers. */
const words = (text: string): number => text.split(' ').filter((part) => /^\p{P}*\p{L}[\p{Ll}'-]+\p{P}*$/u.test(part)).length;

/** Omits sentences of fewer than four words. Punctuation in code does not end a sentence. */
function sentencesOf(paragraph: string): string[] {
  const text = paragraph.replace(/\s+/g, ' ').trim();
  const hidden = text.replace(/`[^`]*`/g, (code) => code.replace(/[.?!]/g, '_')).replace(/[?!](?=\S)/g, '_');
  const ends = [...segmenter.segment(hidden)].flatMap(({ index, segment }) => [...segment.matchAll(/[.?!] (?=`)/g)].map((match) => index + match.index + 2).concat(index + segment.length));
  return ends.map((end, number) => text.slice(ends[number - 1] ?? 0, end).trim()).filter((sentence) => words(sentence) >= 4 && !/^[;,:)]/.test(sentence));
}

type Place = Pick<Sentence, 'kind' | 'place' | 'subject'>;

function inParagraph(place: Place, paragraph: string): Sentence[] {
  return sentencesOf(paragraph).map((text, index, all) => ({ ...place, text, previous: all[index - 1] }));
}

function commentParagraphs(comment: string): string[] {
  const text = comment.replace(/^\/\*\*?|\*\/$/g, '').replace(/^[ \t]*(?:\/\/|\*) ?/gm, '').replace(/^@ts-expect-error.*$/gm, '').replace(/@example[^]*?(?=\n@|$)/g, '');
  return text.split(/\n\s*\n|\n(?=@)|\n(?=- )/).map((paragraph) => paragraph.replace(/^@param (\w+) (?:- )?/, '`$1`: ').replace(/^@\w+ ?(?:- )?/, ''));
}

/** Expressions in the text appear in braces. */
function textOf(node: ts.Node, file: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map((span) => `{${span.expression.getText(file)}}${span.literal.text}`).join('');
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOf(node.left, file), textOf(node.right, file)];
  return left === undefined && right === undefined ? undefined : `${left ?? `{${node.left.getText(file)}}`}${right ?? `{${node.right.getText(file)}}`}`;
}

const isTest = (node: ts.Node, file: ts.SourceFile): boolean => ts.isCallExpression(node.parent) && node.parent.arguments[0] === node
  && /^(?:describe|it|test)\b/.test(node.parent.expression.getText(file));

function sentencesOfCode(name: string): Sentence[] {
  const text = readFileSync(path.join(root, name), 'utf8');
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, name.endsWith('.ts') ? ts.ScriptKind.TS : ts.ScriptKind.JS);
  const found: Sentence[] = [];
  const lineAt = (position: number): string => text.slice(text.lastIndexOf('\n', position) + 1).trimStart().split('\n')[0];
  const add = (kind: Kind, position: number, paragraphs: readonly string[], subject = position): void => {
    const place = `${name}:${file.getLineAndCharacterOfPosition(position).line + 1}`;
    found.push(...paragraphs.flatMap((paragraph) => inParagraph({ kind, place, subject: lineAt(subject) }, paragraph)));
  };
  const comments = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    const around = [ts.getLeadingCommentRanges(text, node.pos), ts.getTrailingCommentRanges(text, node.end)];
    for (const range of around.flatMap((ranges) => ranges ?? [])) comments.set(range.pos, range);
    // A literal that is joined by `+` is only a part of a text.
    const whole = ts.isBinaryExpression(node.parent ?? node) && textOf(node.parent, file) !== undefined ? undefined : textOf(node, file);
    // A literal is code if one of its lines ends in `;` or `{`. A literal with a DynamoDB expression, such as `#due <= :until`, is also code.
    const literal = whole && /[;{]\s*$|#\w+ (?:=|<>|[<>]=?) :\w+/m.test(whole) ? undefined : whole;
    if (literal !== undefined && isTest(node, file)) add('test name', node.getStart(file), [literal]);
    else if (literal !== undefined && !name.startsWith('test/')) add('message', node.getStart(file), [literal]);
    node.getChildren(file).forEach(visit);
  };
  visit(file);
  let run: { start: number; end: number; text: string } | undefined;
  const flush = (): void => {
    if (run) add(run.text.startsWith('/**') && name.startsWith('src/') ? 'docstring' : 'comment', run.start, commentParagraphs(run.text), run.end + (/^\s*/.exec(text.slice(run.end))?.[0].length ?? 0));
  };
  for (const { pos, end } of [...comments.values()].sort((a, b) => a.pos - b.pos)) {
    const comment = text.slice(pos, end);
    if (run && comment.startsWith('//') && run.text.startsWith('//') && /^\s*$/.test(text.slice(run.end, pos))) {run = { ...run, end, text: `${run.text}\n${comment}` };} else {
      flush();
      run = { start: pos, end, text: comment };
    }
  }
  flush();
  return found;
}

function sentencesOfDocument(name: string): Sentence[] {
  const found: Sentence[] = [];
  let paragraph: string[] = [];
  let start = 1;
  let heading = name;
  let columns: string[] | undefined;
  const flush = (next: number, subject = heading): void => {
    const text = paragraph.join(' ').replace(/!?\[([^\]]*)\]\([^)]*\)/g, '[$1]').replace(/\*\*/g, '');
    found.push(...inParagraph({ kind: 'document', place: `${name}:${start}`, subject }, text));
    paragraph = [];
    start = next;
  };
  let fenced = false;
  readFileSync(path.join(root, name), 'utf8').split('\n').forEach((line, index) => {
    const fence = line.startsWith('```');
    if (fence) fenced = !fenced;
    const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).filter((cell) => cell.trim()) : undefined;
    if (fence || fenced || cells || /^(?:\s*$|#|\s*[-*] |\s*\d+\. )/.test(line)) flush(index + 1);
    if (fence || fenced) return;
    if (line.startsWith('#')) heading = line;
    columns = cells && (columns ?? cells);
    const plain = (text: string): string => text.replace(/^(?:#+|\s*[-*]|\s*\d+\.) /, '');
    cells?.forEach((cell, column) => {
      paragraph = [plain(cell.trim())];
      flush(index + 1, `${heading} | ${columns?.[column]?.trim()} | ${cells[0].trim()}`);
    });
    if (!cells) paragraph.push(plain(line));
    if (line.startsWith('#')) flush(index + 2);
  });
  flush(0);
  return found;
}

const files = git('ls-files', '--', ...paths).split('\n');
const sentences = files.flatMap((name) => {
  if (/\.(?:ts|js|mjs|cjs)$/.test(name)) return sentencesOfCode(name);
  return name.endsWith('.md') && name !== 'API.md' ? sentencesOfDocument(name) : [];
});

if (options.all) {
  for (const { kind, place, text } of sentences) console.log(`${place}  [${kind}]  ${text}`);
} else {
  const seed = options.seed ?? git('rev-parse', 'HEAD');
  const rank = ({ place, text }: Sentence): string => createHash('sha256').update(`${seed}\n${place}\n${text}`).digest('hex');
  const count = Number(options.count);
  console.log(`${count} of ${sentences.length} sentences, seed ${seed}`);
  KINDS.flatMap((kind, index) => {
    const share = Math.floor(count / KINDS.length) + (index < count % KINDS.length ? 1 : 0);
    const ofKind = sentences.filter((sentence) => sentence.kind === kind).map((sentence) => ({ ...sentence, rank: rank(sentence) }));
    return ofKind.sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, share);
  }).forEach(({ kind, place, text, subject, previous }, index) => {
    const context = [subject.slice(0, 160), ...previous ? [`after: ${previous}`] : []];
    console.log([`${index + 1}. [${kind}] ${text}`, ...context, place].join('\n   '));
  });
}
