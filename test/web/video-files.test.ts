import { createContext } from 'vm';
import { load } from './page-modules';
import { VIDEO_CONTENT_TYPES } from '../../src/domain/upload-limits';
import { CONTAINER_NAMES } from '../../src/transcode/source/containers';

/** The usual extensions of files in each container that the service accepts. */
const EXTENSIONS: Readonly<Record<string, string[]>> = {
  'MP4': ['.mp4', '.m4v'], 'MOV': ['.mov'], 'MKV': ['.mkv'], 'WebM': ['.webm'], 'MXF': ['.mxf'], 'AVI': ['.avi'], 'ASF': ['.wmv', '.asf'],
  'MPEG-TS': ['.ts', '.mts', '.m2ts'], 'MPEG-PS': ['.mpg', '.mpeg', '.vob'], '3GP': ['.3gp'], '3G2': ['.3g2'],
};

test('the file picker of the page offers the files that the service accepts', async () => {
  const page = await load('upload-queue/video-files.js', createContext({}));
  expect([...page.CONTENT_TYPES]).toEqual(VIDEO_CONTENT_TYPES);
  expect(Object.keys(EXTENSIONS)).toEqual(CONTAINER_NAMES);
  expect([...page.EXTENSIONS]).toEqual(Object.values(EXTENSIONS).flat());
  expect(page.ACCEPT.split(',')).toEqual([...VIDEO_CONTENT_TYPES, ...Object.values(EXTENSIONS).flat()]);
});

test('both file pickers of the page use this list', async () => {
  const asked: { types: { accept: object }[] }[] = [];
  const window = { showOpenFilePicker: async (options: never) => { asked.push(options); return []; } };
  const { pickFiles } = await load('upload-queue/file-picker.js', createContext({ window }));
  await pickFiles({ multiple: true });
  expect(asked.map(({ types: [{ accept }] }) => ({ ...accept }))).toEqual([{ 'video/*': Object.values(EXTENSIONS).flat() }]);
});
