import { readFileSync } from 'fs';
import { join } from 'path';
import { Validator } from '@cfworker/json-schema';
import { Template } from 'aws-cdk-lib/assertions';
import { ModuleKind, transpileModule } from 'typescript';
import { EVENT_SOURCE, eventId, NOT_CAUSED_YET, VIDEO_EVENTS, VideoEventType } from '../../../src/contract/events';
import { eventDetailSchema } from '../../../src/contract/schemas';
import { testStack } from '../../toolkit/stacks';

const ROOT = join(__dirname, '..', '..', '..');
const page = readFileSync(join(ROOT, 'docs', 'events.md'), 'utf8');
const examples = (language: string): string[] => [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, text]) => text);

describe('docs/events.md', () => {
  const rows = [...page.matchAll(/^\| `(video\.\w+)` \| .+ \| (yes|not yet) \|$/gm)].map(([, type, sent]) => [type, sent]);

  test('contains exactly the event types', () => {
    expect(rows.map(([type]) => type)).toEqual(Object.keys(VIDEO_EVENTS));
    expect(new Set(page.match(/video\.[a-z]+(?=[`"])/g))).toEqual(new Set([...Object.keys(VIDEO_EVENTS), 'video.error']));
  });

  test('marks the same events as API.md as not sent yet', () => {
    const source = readFileSync(join(ROOT, 'src', 'catalog', 'vod-catalog.ts'), 'utf8');
    const unsent = [...source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+public onVideo(\w+)\(/g)].filter(([, words]) => words.includes('This version of the library never sends the event'));
    expect(unsent.map(([, , name]) => `video.${name.toLowerCase()}`)).toEqual(NOT_CAUSED_YET);
    expect(rows.filter(([, sent]) => sent === 'not yet').map(([type]) => type)).toEqual(NOT_CAUSED_YET);
  });

  test('contains an example event that matches the schema', () => {
    const [event] = examples('json').map((text) => JSON.parse(text));
    expect(new Validator(eventDetailSchema as object, '4').validate(event.detail)).toMatchObject({ valid: true });
    const { version, video: { videoId } } = event.detail;
    expect([event.source, event.detail.eventId]).toEqual([EVENT_SOURCE, eventId(videoId, version, event['detail-type'] as VideoEventType)]);
  });

  test.each(examples('ts').map((text) => [/\.onVideo\w+\('\w+'|new events\.Rule\(this, '\w+'/.exec(text)![0], text]))('contains an example that can be synthesized: %s', (_, text) => {
    const { outputText } = transpileModule(text, { compilerOptions: { module: ModuleKind.CommonJS } });
    const stack = testStack();
    new Function('require', 'exports', outputText).call(stack, (name: string) => jest.requireActual(name === 'serverless-vod' ? join(ROOT, 'src') : name), {});
    expect(Object.values(Template.fromStack(stack).findResources('AWS::Events::Rule', { Properties: { EventPattern: { source: [EVENT_SOURCE] } } }))).toHaveLength(1);
  });
});
