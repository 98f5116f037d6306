/** What is wrong with an order itself, so that trying it again is useless: a sentence, and what a program wrote. */
export class Rejected extends Error {
  readonly output: readonly string[];

  constructor(message: string, output: readonly string[] = []) {
    super(message);
    this.name = 'Rejected';
    this.output = output;
  }
}
