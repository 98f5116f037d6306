import type { Plugin } from 'rolldown';

const MODULE = /\/@smithy\/node-http-handler\/dist-es\/node-http-handler\.js$/;

const IMPORT = 'await import("node:http")';

/**
 * Takes `node:http` as it is, without a namespace. `import()` makes one, and for that reads every export of the module: also
 * `WebSocket`, which makes Node load the whole of its own undici, a tenth of the time of `turnout status`. Throws when the SDK
 * no longer has this line.
 */
export function plainNodeHttp(): Plugin {
  return {
    name: 'plain-node-http',
    transform: {
      filter: { id: MODULE },
      handler: (code) => {
        if (!code.includes(IMPORT)) throw new Error(`the SDK has changed: node-http-handler has no '${IMPORT}'`);
        return code.replace(IMPORT, 'process.getBuiltinModule("node:http")');
      },
    },
  };
}
