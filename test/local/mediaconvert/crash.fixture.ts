import { run } from '../../../local/mediaconvert/ffmpeg';

// This FFmpeg process runs for the duration of the clip. The test finds it in the process list by the title.
void run('ffmpeg', ['-re', '-f', 'lavfi', '-i', 'testsrc2', '-metadata', `title=${process.argv[2]}`, '-t', '60', '-f', 'null', '-'], '.', new AbortController().signal);
