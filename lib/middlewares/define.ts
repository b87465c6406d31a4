import type { z } from 'zod';
import type { Fields, RecordType, Value } from '../snapshot/wire.js';

/** What lowering may ask of its surroundings. Everything in it is a pure function of what was read before. */
export interface LowerContext {
  /** Qualified name of the middleware, `name@provider`. */
  readonly name: string;
  /** 64-bit identity of values: equal values have equal identities, in every generation. */
  identity(...values: readonly unknown[]): bigint;
  /** Text of an option that holds a path of a file or the content itself (`fileOrContent`). */
  content(fileOrContent: string): string;
}

/** One middleware: how users write it, how C++ reads it, and the step between. */
export interface MiddlewareDefinition<S extends z.ZodType, F extends Fields, N extends string = string> {
  /** The key in `http.middlewares.<name>`. */
  readonly name: N;
  /** One sentence for the reference page. */
  readonly summary: string;
  readonly schema: S;
  /** The record that C++ reads; its name is the name of the C++ class, and of its file in snake case. */
  readonly wire: RecordType<F>;
  /**
   * For one that may wait: what it does when a request comes, in a few words such as `asks http://auth` ("fairlead
   * explain" cannot run it).
   */
  readonly atRunTime?: (config: z.output<S>) => string;
  /** Turns checked configuration into the record. Pure. */
  lower(config: z.output<S>, context: LowerContext): Value<RecordType<F>>;
}

/** Checks a definition's parts against each other; returns it as it is, its name as a type. */
export const defineMiddleware = <S extends z.ZodType, F extends Fields, const N extends string>(
  definition: MiddlewareDefinition<S, F, N>,
): MiddlewareDefinition<S, F, N> => definition;
