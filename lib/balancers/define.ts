/** One strategy of choosing a server, as users name it. Its C++ twin in `native/scheduler` has the same stem. */
export interface BalancerDefinition<N extends string> {
  /** The value of `strategy`. */
  readonly name: N;
  readonly summary: string;
}

/** Checks the shape of a strategy and keeps its name as a type. */
export const defineBalancer = <const N extends string>(definition: BalancerDefinition<N>): BalancerDefinition<N> =>
  definition;
