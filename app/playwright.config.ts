import { defineConfig } from '@playwright/test';

// Debian's Chromium against the real service; one service and one worker for all journeys.
export default defineConfig({
  testDir: '../tests/e2e',
  outputDir: 'test-results',
  // A busy machine is slow, and that is no failure.
  timeout: 1_200_000,
  expect: { timeout: 240_000 },
  workers: 1,
  fullyParallel: false,
  reporter: [['line']],
  use: {
    browserName: 'chromium',
    actionTimeout: 60_000,
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${process.env.CUTIS_FAKE_CAMERA ?? '/nonexistent'}`,
      ],
    },
  },
});
