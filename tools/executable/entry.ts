/** What the single executable runs: turnout, or, started so by itself, the guardian of its programs. */
import { beGuardian, GUARDIAN } from '../../src/programs/guardian.ts';

const [first, ...rest] = process.argv.slice(2);
if (first === GUARDIAN) beGuardian(rest);
else await import('../../src/cli.ts');
