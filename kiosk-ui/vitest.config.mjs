import { defineConfig } from 'vitest/config';

// What edge/receipt has written, when it runs them (TestThePageAgrees).
const receipts = process.env.PITLANE_RECEIPTS ? ['test/receipt.test.mjs'] : [];

export default defineConfig({ test: { include: ['test/**/*.test.ts', ...receipts], environment: 'node' } });
