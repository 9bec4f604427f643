import { distinctMutants, Mutant } from './generate';
import { ResourceValidator } from './schema';
import { SURVIVORS } from './survivors';
import { isAllowed } from '../../test/journey/grants';
import { stopAll } from '../../test/journey/stack';
import { Journey, runJourney } from '../../test/journey/whole-journey';
import { CHECKS } from '../../test/templates/checks';
import { example, EXAMPLE_NAMES } from '../../test/templates/templates';
import type { CloudFormationTemplate } from '../../test/toolkit/template';

const LEAST_CAUGHT = 0.95;

const ACCESS = 'local/access';
const VALIDATOR = 'AWS\'s template validator';

function noticedByChecks({ template }: Mutant): string[] {
  return Object.entries(CHECKS).filter(([, checks]) => Object.values(checks).some((check) => {
    try {
      return check(template).length > 0;
    } catch {
      // A check that throws an error has caught the mutant.
      return true;
    }
  })).map(([topic]) => topic);
}

/** Whether the mutated template denies a request of the journey that the original template allows. */
async function noticedByAccess({ logicalId, template }: Mutant, { assembly, decisions }: Journey): Promise<boolean> {
  const before = assembly.template.Resources[logicalId];
  const actions = JSON.stringify(before);
  // A changed trust policy or Lambda permission can affect every decision. A changed IAM policy can affect only decisions on the actions that the policy
  // names.
  const asked = before.Type === 'AWS::IAM::Policy' ? decisions.filter(({ action }) => actions.includes(`"${action}"`)) : decisions;
  const { [logicalId]: after } = template.Resources;
  const Resources = { ...assembly.template.Resources, [logicalId]: after };
  if (!after) delete (Resources as Record<string, unknown>)[logicalId];
  try {
    return (await isAllowed({ ...assembly, template: { ...assembly.template, Resources } }, asked)).some((allowed) => !allowed);
  } catch {
    // The local stack does not start with this template, so the mutant is caught.
    return true;
  }
}

const ACCESS_TYPES = ['AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::Lambda::Permission', 'AWS::KMS::Key'];

/** AWS's slow validator runs only for mutants that no other check catches. */
async function noticed(mutants: Mutant[], templates: Record<string, CloudFormationTemplate>, journey: Journey): Promise<string[][]> {
  const validator = new ResourceValidator();
  const answers: string[][] = [];
  for (const mutant of mutants) {
    const by = noticedByChecks(mutant);
    const before = templates[mutant.example].Resources[mutant.logicalId];
    if (mutant.example === 'full' && ACCESS_TYPES.includes(before.Type) && await noticedByAccess(mutant, journey)) by.push(ACCESS);
    const after = mutant.template.Resources[mutant.logicalId];
    if (by.length === 0 && after && validator.newProblems(mutant.logicalId, before, after).length > 0) by.push(VALIDATOR);
    answers.push(by);
  }
  validator.end();
  return answers;
}

function printTable(head: string[], rows: (string | number)[][]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => String(row[column]).length)));
  for (const row of [head, ...rows]) console.log(row.map((cell, column) => (column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]))).join('  '));
}

/** Changes one part of an example's template at a time, and prints the changes that no check catches. */
export async function judgeMutants(): Promise<number> {
  const start = Date.now();
  // If several examples have the same mutant, only the first example keeps it. The full example is first, because local/access checks only the mutants of the
  // full example.
  const names = [...EXAMPLE_NAMES].sort((one, other) => Number(other === 'full') - Number(one === 'full'));
  const templates: Record<string, CloudFormationTemplate> = Object.fromEntries(names.map((name) => [name, example(name)]));
  const journey = await runJourney().finally(stopAll);
  const denied = journey.decisions.find(({ allowed }) => !allowed);
  if (denied) throw new Error(`expected that the original template allows all requests, but the local stack denied ${denied.action} on ${denied.resource}`);
  const mutants = distinctMutants(templates);
  const answers = await noticed(mutants, templates, journey);

  const kinds = [...new Set(mutants.map(({ kind }) => kind))];
  const count = (keep: (index: number) => boolean): number => mutants.filter((_, index) => keep(index)).length;
  printTable(['kind', 'mutants', 'caught'], kinds.map((kind) => [kind, count((at) => mutants[at].kind === kind), count((at) => mutants[at].kind === kind && answers[at].length > 0)]));
  console.log('');
  printTable(['by', 'caught', 'alone'], [...Object.keys(CHECKS), ACCESS, VALIDATOR].map((name) => (
    [name, count((at) => answers[at].includes(name)), count((at) => answers[at].length === 1 && answers[at][0] === name)])));
  console.log('');

  const survivors = mutants.filter((_, index) => answers[index].length === 0);
  const reasonOf = ({ what }: Mutant): string | undefined => SURVIVORS.find(([pattern]) => pattern.test(what))?.[1];
  survivors.forEach((mutant) => console.log(`survives: ${mutant.what} (${mutant.example}): ${reasonOf(mutant) ?? 'NO REASON'}`));
  const unlisted = survivors.filter((mutant) => !reasonOf(mutant));
  const stale = SURVIVORS.filter(([pattern]) => !survivors.some(({ what }) => pattern.test(what)));
  stale.forEach(([pattern]) => console.log(`judges/mutants/survivors.ts: ${pattern} matches no surviving mutant. Remove this entry`));
  const caught = (mutants.length - survivors.length) / mutants.length;
  console.log(`mutants: ${mutants.length}, ${(caught * 100).toFixed(1)} % caught (required: at least ${LEAST_CAUGHT * 100} %), ${survivors.length} survivors, ${unlisted.length} of them without a reason in judges/mutants/survivors.ts; ${Math.round((Date.now() - start) / 1000)} s`);
  return caught >= LEAST_CAUGHT && unlisted.length === 0 && stale.length === 0 ? 0 : 1;
}
