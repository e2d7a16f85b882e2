// One server for all test files of vitest or jest, each of which names this file as its `globalSetup`.

import { start } from './mock-ce.mjs';

export default async () => {
  const server = await start();
  process.env.MOCK_CE_URL = server.url;
  // vitest calls what is returned; jest calls global-teardown.mjs.
  globalThis.stopMockCe = server.stop;
  return server.stop;
};
