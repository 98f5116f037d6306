/** A line that is updated in place on a terminal; without a terminal, only permanent lines are written. */
export interface Live {
  show(line: string): void;
  /** Writes a permanent line. */
  keep(line: string): void;
  clear(): void;
}

const TO_START_AND_CLEAR = '\r\u001B[2K';

export function createLive(stream: NodeJS.WriteStream): Live {
  const isTerminal = stream.isTTY;
  const clear = (): void => void (isTerminal && stream.write(TO_START_AND_CLEAR));
  return {
    show: (line) => void (isTerminal && stream.write(TO_START_AND_CLEAR + line.slice(0, stream.columns - 1))),
    keep: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
    clear,
  };
}
