/** A stream as views need it: a terminal has `isTTY`, a width and a height, which are 0 where nobody has set them. */
export type OutStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** A stream that can be written to whatever becomes of it. */
export interface Out {
  readonly stream: OutStream;
  /** Writes the text and a line break; does nothing once the other end is gone. */
  line(text: string): void;
  /** Whether the other end is gone. */
  closed(): boolean;
  /** Columns to write in. */
  width(): number;
  /** Waits until all is handed over. */
  flush(): Promise<void>;
}

/** The widest text that is comfortable to read. */
const WIDTH_MAX = 120;
/** Where there is no terminal to ask. */
const WIDTH_DEFAULT = 100;

/**
 * A reader that goes away (`turnout promote | head`) must not end a run half-way: an error of the stream is taken
 * as the end of drawing, never as the end of the process.
 */
export function openOut(stream: OutStream): Out {
  let gone = false;
  stream.on('error', () => (gone = true));
  const closed = (): boolean => gone || !stream.writable;
  return {
    stream,
    closed,
    line: (text) => {
      if (!closed()) stream.write(`${text}\n`);
    },
    width: () => Math.min(WIDTH_MAX, stream.columns || WIDTH_DEFAULT),
    flush: async () => {
      if (closed()) return;
      await new Promise<void>((resolve) => {
        stream.once('close', resolve);
        stream.write('', () => resolve());
      });
    },
  };
}
