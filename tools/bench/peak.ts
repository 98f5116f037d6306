import { readFile } from 'node:fs/promises';

/** Environment of a Node process that writes its /proc/self/status to a file when it exits (proc(5)). */
export function writesStatus(file: string): NodeJS.ProcessEnv {
  const write = `fs.writeFileSync(${JSON.stringify(file)}, fs.readFileSync('/proc/self/status'))`;
  const hook = `const fs = process.getBuiltinModule('node:fs'); process.on('exit', () => ${write})`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` };
}

/** The peak memory of the process, in MB. */
export async function readPeak(file: string): Promise<number> {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(file, 'utf8'))?.[1];
  if (peak === undefined) throw new Error(`${file} has no VmHWM`);
  return (Number(peak) * 1024) / 1e6;
}
