import module from 'node:module';
import { versionLine } from './commands/version.ts';

/** argv to command. The only catch-all, and the only place that ends the process. */
const argv = process.argv.slice(2);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(`turnout: it needs Node 22.13 or newer; this is Node ${process.versions.node}.\n`);
  process.exit(2);
} else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
  process.stdout.write(`${versionLine()}\n`);
} else {
  // A static import would be hoisted above this line, and would not be cached.
  module.enableCompileCache();
  const { main } = await import('./main.ts');
  process.exit(await main(argv));
}
