import { run } from '../../../local/mediaconvert/ffmpeg';

// As slow as the clip is long, and named so that it can be found among the machine's processes.
void run('ffmpeg', ['-re', '-f', 'lavfi', '-i', 'testsrc2', '-metadata', `title=${process.argv[2]}`, '-t', '60', '-f', 'null', '-'], '.', new AbortController().signal);
