import module from 'node:module';

module.enableCompileCache();
const { look } = await import('./look.ts');
await look(process.argv.slice(2));
