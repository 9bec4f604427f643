import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { startStack } from '../local/stack';
import { ensure } from '../local/system';
import { launchBrowser, Tab } from '../test/journey/tab';

/*
 * Writes docs/page.jpg, the screenshot in README. It shows the page of examples/typescript/full in the local stack, with three videos. One of the videos plays.
 */
const root = path.join(__dirname, '..');

/** For each title of a video: the FFmpeg filter that generates the picture. */
const VIDEOS: Readonly<Record<string, string>> = {
  'Game of life, in color': 'life=s=1280x720:mold=10:r=25:ratio=0.1:death_color=#C83232:life_color=#00ff00',
  'Gradients for the intro': 'gradients=s=1280x720:c0=#1b2a6b:c1=#d9673b:c2=#f2c14e:n=3:x0=0:y0=0:x1=1280:y1=720:speed=0.01',
  'Zoom into the Mandelbrot set': 'mandelbrot=s=1280x720:start_scale=0.06:start_x=-0.743643887:start_y=-0.131825904',
};
const SECONDS = 6;

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'screenshot-'));
  try {
    await using stack = await startStack({ app: path.join(root, 'examples/typescript/full/app.ts'), port: 0, data: path.join(folder, 'data'), log: () => undefined });
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext({ viewport: { width: 1000, height: 1050 }, colorScheme: 'light' });
      const tab = await Tab.open(context, stack.facts);
      const { page } = tab;
      await tab.signIn();
      for (const [index, [title, source]] of Object.entries(VIDEOS).entries()) {
        const file = path.join(folder, `${index}.mp4`);
        execFileSync(ensure('ffmpeg'), ['-v', 'error', '-f', 'lavfi', '-i', source, '-f', 'lavfi', '-i', 'sine=frequency=220', '-t', String(SECONDS), '-pix_fmt', 'yuv420p', '-c:a', 'aac', file]);
        await page.locator('#file').setInputFiles(file);
        await page.getByLabel('Title').fill(title);
        await page.getByRole('button', { name: 'Upload', exact: true }).click();
        await page.locator('#own [data-status=ready]').filter({ hasText: title }).waitFor({ timeout: 120_000 });
      }
      await page.locator('#own li').first().getByRole('link', { name: 'Play' }).click();
      await page.waitForFunction(() => document.querySelector('video')!.currentTime > 2);
      await page.screenshot({ path: path.join(root, 'docs/page.jpg'), type: 'jpeg', quality: 80 });
    } finally {
      await browser.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main().then(() => process.exit(0));
