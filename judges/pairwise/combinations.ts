import { Combination, FACTORS, mayMeet } from './rules';

/* Creates a pairwise covering array with a greedy algorithm in a few seconds. The npm library covertable found no result in four minutes. */

interface Choice {
  readonly factor: number;
  readonly label: string;
  readonly way: string;
}

const CHOICES: Choice[][] = Object.entries(FACTORS).map(([label, ways], factor) => ways.map((way) => ({ factor, label, way })));

/** For each value, the set of all values that can be in the same combination. The value itself is in this set. */
const BESIDE = new Map<Choice, Set<Choice>>(CHOICES.flat().map((one) => [one, new Set(CHOICES.flat().filter((other) => (
  one === other || (one.factor !== other.factor && mayMeet([one.label, one.way], [other.label, other.way])))))]));

function narrow(left: Choice[][], ...choices: Choice[]): Choice[][] | undefined {
  const narrowed = left.map((ways) => ways.filter((way) => choices.every((choice) => BESIDE.get(choice)!.has(way))));
  if (narrowed.some((ways) => ways.length === 0)) return undefined;
  // A factor with only one remaining value limits the values of the other factors.
  const forced = narrowed.flatMap((ways, factor) => (ways.length === 1 && left[factor].length > 1 ? ways : [])).filter((way) => !choices.includes(way));
  return forced.length === 0 ? narrowed : narrow(narrowed, ...forced);
}

export function combinations(): { readonly rows: Combination[]; readonly pairs: number } {
  const uncovered = new Map<Choice, Set<Choice>>(CHOICES.flat().map((choice) => [choice, new Set()]));
  let pairs = 0;
  for (const [one, others] of BESIDE) {
    for (const other of others) {
      if (one.factor >= other.factor || !narrow(CHOICES, one, other)) continue;
      uncovered.get(one)!.add(other);
      uncovered.get(other)!.add(one);
      pairs += 1;
    }
  }
  const rows: Combination[] = [];
  for (let start = mostUncovered(uncovered); start; start = mostUncovered(uncovered)) {
    const row = complete(narrow(CHOICES, start, [...uncovered.get(start)!][0])!, uncovered);
    for (const one of row) for (const other of row) uncovered.get(one)!.delete(other);
    rows.push(Object.fromEntries(row.map(({ label, way }) => [label, way])));
  }
  return { rows, pairs };
}

function mostUncovered(uncovered: Map<Choice, Set<Choice>>): Choice | undefined {
  const [choice, others] = [...uncovered].reduce((most, next) => (next[1].size > most[1].size ? next : most));
  return others.size > 0 ? choice : undefined;
}

function complete(left: Choice[][], uncovered: Map<Choice, Set<Choice>>): Choice[] {
  const chosen = left.filter(({ length }) => length === 1).flat();
  const open = left.filter(({ length }) => length > 1);
  if (open.length === 0) return chosen;
  const gain = (choice: Choice): number => chosen.filter((other) => uncovered.get(choice)!.has(other)).length;
  const best = open.flat().map((choice) => ({ choice, gain: gain(choice) })).sort((one, other) => other.gain - one.gain);
  for (const { choice } of best) {
    const narrowed = narrow(left, choice);
    if (narrowed) return complete(narrowed, uncovered);
  }
  throw new Error(`expected an allowed combination of the factors ${open.map(([{ label }]) => label).join(', ')}, but the rules reject all combinations`);
}
