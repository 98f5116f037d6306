import { enableCompileCache } from 'node:module';
import { readVersion } from './commands/version.ts';

/** argv to command. The only catch-all, and the only place that ends the process. */
const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
  process.stdout.write(`${readVersion()}\n`);
} else {
  // A static import would be hoisted above this line, and would not be cached.
  enableCompileCache();
  const { main } = await import('./main.ts');
  process.exit(await main(argv));
}
