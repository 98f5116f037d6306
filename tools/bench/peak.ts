import { readFile } from 'node:fs/promises';

/** Environment of a Node process that writes its /proc/self/status (proc(5)) and the CPU time it took to a file when it exits. */
export function writesStatus(file: string): NodeJS.ProcessEnv {
  const text = "`${fs.readFileSync('/proc/self/status')}${JSON.stringify(process.cpuUsage())}\\n`";
  const write = `fs.writeFileSync(${JSON.stringify(file)}, ${text})`;
  const hook = `const fs = process.getBuiltinModule('node:fs'); process.on('exit', () => ${write})`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` };
}

/** The peak memory of the process, in MB. */
export async function readPeak(file: string): Promise<number> {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(file, 'utf8'))?.[1];
  if (peak === undefined) throw new Error(`${file} has no VmHWM`);
  return (Number(peak) * 1024) / 1e6;
}

/** The CPU time of the process, in milliseconds. */
export async function readCpuMs(file: string): Promise<number> {
  const last = (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) as string;
  const { user, system } = JSON.parse(last) as NodeJS.CpuUsage;
  return (user + system) / 1000;
}
