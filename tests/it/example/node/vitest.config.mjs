export default { test: { globalSetup: './global-setup.mjs', include: ['**/*.vitest.mjs'] } };
