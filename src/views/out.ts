/** A stream for views: a terminal has `isTTY`, a width and a height, which are 0 when they are not set. */
export type OutStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** A stream that never throws, also when its reader is gone. */
export interface Out {
  readonly stream: OutStream;
  /** Writes the text and a line break; does nothing when the reader is gone. */
  line(text: string): void;
  /** Whether the reader is gone. */
  closed(): boolean;
  /** Width in columns. */
  width(): number;
  /** Waits until all is written. */
  flush(): Promise<void>;
}

/** The widest text that is comfortable to read. */
const WIDTH_MAX = 120;
/** Without a terminal. */
const WIDTH_DEFAULT = 100;

/**
 * A reader that exits (`turnout promote | head`) must not end a run half-way: an error of the stream ends the drawing,
 * never the process.
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
