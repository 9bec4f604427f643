import { run } from '../../../local/mediaconvert/ffmpeg';

// Runs as long as the clip lasts. The file name makes the process easy to find in the process list.
void run('ffmpeg', ['-re', '-f', 'lavfi', '-i', 'testsrc2', '-metadata', `title=${process.argv[2]}`, '-t', '60', '-f', 'null', '-'], '.', new AbortController().signal);
