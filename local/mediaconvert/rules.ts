import type { OutputGroup } from '@aws-sdk/client-mediaconvert';
import type { LocalStack } from '../types';
import { isCapture, parseS3, readGroup } from './groups';
import { bad, type Job, type Wire } from './model';

/** What MediaConvert refuses although its model has it, and what this machine cannot do although MediaConvert can. */
export function checkRules({ settings, role, userMetadata = {} }: Job, stack: LocalStack): void {
  const trusted = stack.ofType('AWS::IAM::Role').find(({ attributes }) => attributes.Arn === role)?.properties.AssumeRolePolicyDocument.Statement ?? [];
  if (![trusted].flat().some(({ Effect, Principal }) => Effect === 'Allow' && [Principal.Service].flat().includes('mediaconvert.amazonaws.com'))) {
    throw bad('/role', `is no role of the template that trusts mediaconvert.amazonaws.com: ${role}`);
  }
  const entries = Object.entries(userMetadata);
  if (entries.length > 10) throw bad('/userMetadata', 'should have at most 10 entries');
  const odd = entries.find(([name, value]) => !name || name.length > 128 || value.length > 256 || /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/u.test(name + value));
  if (odd) throw bad(`/userMetadata/${odd[0]}`, 'may hold letters, digits, spaces and _.:/=+-@ only: 128 in the name, 256 in the value');

  const { inputs: [input, more] = [], outputGroups = [] } = settings;
  if (!input || more) throw bad('/settings/inputs', 'should be one on one machine');
  parseS3(input.fileInput, '/settings/inputs/0/fileInput');
  outputGroups.forEach((group, index) => checkGroup(group, Object.keys(input.audioSelectors ?? {}), `/settings/outputGroups/${index}`));
  if (outputGroups.every(({ outputs }) => outputs!.every(isCapture))) throw bad('/settings/outputGroups', 'frame capture needs a regular output beside it');
}

function checkGroup(group: Wire<OutputGroup>, selectors: string[], path: string): void {
  const { container, muxed, segment } = readGroup(group, path);
  const outputs = group.outputs!;
  const rules: [broken: unknown, at: string, why: string][] = [
    [!outputs.length, '', 'should have at least one output'],
    [new Set(outputs.map(({ nameModifier }) => nameModifier)).size < outputs.length, '', 'each needs a name modifier of its own'],
    [outputs.filter(({ videoDescription }) => !videoDescription).length > 1, '', 'should have one of sound alone at most on one machine'],
  ];
  outputs.forEach((output, index) => {
    const { videoDescription: video, audioDescriptions: [audio, more] = [], nameModifier = '', containerSettings } = output;
    const { codecSettings: codec = {}, width = 0, height = 0 } = video ?? {};
    rules.push(
      [!video && !audio, `/${index}`, 'needs a video or an audio description'],
      [more, `/${index}/audioDescriptions`, 'should be one on one machine'],
      [!muxed && video && audio, `/${index}`, 'a CMAF output holds video or audio, not both'],
      [/[$%/]/.test(nameModifier), `/${index}/nameModifier`, 'should be plain text on one machine'],
      [containerSettings?.container !== container, `/${index}/containerSettings/container`, `should be ${container} in this output group`],
      [isCapture(output) === !!segment, `/${index}/videoDescription/codecSettings/codec`, 'frame captures, and they alone, go into a file group'],
      [video && !(isCapture(output) ? codec.frameCaptureSettings : codec.h264Settings), `/${index}/videoDescription/codecSettings`, 'needs its codec\'s settings'],
      [width % 2, `/${index}/videoDescription/width`, 'should be even'],
      [height % 2, `/${index}/videoDescription/height`, 'should be even'],
      [audio && !selectors.includes(audio.audioSourceName!), `/${index}/audioDescriptions/0/audioSourceName`, 'no input has such an audio selector'],
    );
  });
  const first = rules.find(([broken]) => broken);
  if (first) throw bad(`${path}/outputs${first[1]}`, first[2]);
}
