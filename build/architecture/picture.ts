import { BROWSER, SCHEDULE, type Edge } from './graph';
import type { Named } from './names';
import { PATHS, SIGNING_KEY, CONSUMER } from './paths';

const INK = '#202124';
const GREY = '#5f6368';
/** Graphviz contains the letter widths of Arial, so it can compute the sizes of texts without the font. */
const FONT = 'fontname="Arial"';

const FILLS: Readonly<Record<string, string>> = {
  'Lambda function': '#fff1db',
  'S3 bucket': '#e3f2e1',
  'DynamoDB table': '#dfe9fb',
  'SQS queue': '#fbe4ec',
  'EventBridge bus': '#fbe4ec',
};

const areaOf = (name: string): string => (name === SIGNING_KEY ? 'delivery' : name === CONSUMER ? 'your app' : name.split('.')[0]);

function node({ name, type }: Named): string {
  return `"${name}" [label=<<font point-size="11" color="${GREY}">${type}</font><br/><b>${name.split('.').at(-1)}</b>> fillcolor="${FILLS[type] ?? '#f1f3f4'}"]`;
}

function cluster(area: string, nodes: readonly Named[]): string {
  return `subgraph "cluster ${area}" { label=<<b>${area}</b>> labeljust=l style="rounded,filled" fillcolor="#fafafa" color="#9aa0a6" fontsize=15 margin=12
    ${nodes.map(node).join('\n')}
    ${area === 'sweeper' ? `"${SCHEDULE}" [label="every 15 minutes" fillcolor="#f1f3f4"]` : ''} }`;
}

/** Returns the label of a step: its number on a background in the color of the path, and its text. */
function badge(color: string, step: string, text: string): string {
  const words = text && `<td align="left"><font color="${color}">${text}&nbsp;</font></td>`;
  return `<<table border="0" cellspacing="0" cellpadding="2"><tr><td bgcolor="${color}"><font color="white">&nbsp;${step}&nbsp;</font></td>${words}</tr></table>>`;
}

function legend(): string {
  const rows = PATHS.map(({ name, color }) => `<tr><td bgcolor="${color}" width="26" height="12" fixedsize="true"></td><td align="left">${name}</td></tr>`);
  const others = '<tr><td bgcolor="#9aa0a6" width="26" height="12" fixedsize="true"></td><td align="left">other connection</td></tr><tr><td></td><td align="left">dashed: failures</td></tr>';
  return `legend [shape=plain style="" label=<<table border="0" cellspacing="5">${[...rows, others].join('')}</table>>]`;
}

/** Returns the picture in Graphviz's DOT language. Throws an error if the template has no connection for a step of a path. */
export function dot(named: readonly Named[], edges: readonly Edge[]): string {
  const names = new Map([[BROWSER, BROWSER], [SCHEDULE, SCHEDULE], ...named.map(({ name, logicalId }) => [logicalId, name] as const)]);
  const known = edges.flatMap((edge) => {
    const [from, to] = [names.get(edge.from), names.get(edge.to)];
    return from && to ? [{ ...edge, from, to }] : [];
  });
  const steps = PATHS.flatMap((path) => path.steps.map(({ from, to, by, text }, index) => {
    if (!known.some((edge) => edge.from === from && edge.to === to && edge.by === by)) throw new Error(`${path.name}, step ${index + 1}: the template has no connection ${from} -> ${to} by ${by}`);
    return `"${from}" -> "${to}" [color="${path.color}" penwidth=1.8 label=${badge(path.color, String(index + 1), text)}]`;
  }));
  const drawn = new Set(PATHS.flatMap((path) => path.steps.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`])));
  const others = new Map(known.filter(({ from, to }) => !drawn.has(`${from} ${to}`))
    .sort((one, other) => Number(one.deadLetter ?? false) - Number(other.deadLetter ?? false)).map((edge) => [`${edge.from} ${edge.to}`, edge]));
  const grey = [...others.values()].map(({ from, to, deadLetter }) => `"${from}" -> "${to}" [color="#9aa0a6"${deadLetter ? ' style=dashed' : ''}]`);
  const areas = [...new Set(named.map(({ name }) => areaOf(name)))];
  return `digraph { rankdir=TB bgcolor="white" ${FONT} fontcolor="${INK}" pad=0.1 nodesep=0.12 ranksep=0.28 newrank=true
    node [${FONT} fontcolor="${INK}" shape=box style="rounded,filled" color="${GREY}" fontsize=13 margin="0.16,0.06"] edge [${FONT} fontsize=12 arrowsize=0.8]
    "${BROWSER}" [label=<<b>browser</b>> fillcolor="#f1f3f4"]
    ${legend()}
    { rank=same "${BROWSER}" "${SCHEDULE}" }
    ${areas.map((area) => cluster(area, named.filter(({ name }) => areaOf(name) === area))).join('\n')}
    ${steps.join('\n')}
    ${grey.join('\n')}
  }`;
}
