// Only for jest, which names this file as its `globalTeardown`.

export default () => globalThis.stopMockCe();
