/** One row of the tables of broken configurations. */
export interface BrokenText {
  readonly name: string;
  readonly text: string;
  /** What is shown for it, after a line break. */
  readonly expected: string;
}
