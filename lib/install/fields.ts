/** Short forms for the fields of the install schemas: a type, its default, its description. */
import { z } from 'zod';
import { byteSize, positiveDuration, stringList } from '../source/scalars.js';

/** A boolean with a default. */
export const flag = (fallback: boolean, description: string) => z.boolean().default(fallback).meta({ description });

/** A text that may be left out. */
export const text = (description: string) => z.string().min(1).optional().meta({ description });

/** A text with a default. */
export const textOr = (fallback: string, description: string) =>
  z.string().min(1).default(fallback).meta({ description });

/** A list of texts, empty by default. */
export const texts = (description: string) => stringList.default([]).meta({ description });

/** A whole number from `least` on, with a default. */
export const count = (fallback: number, description: string, least = 0) =>
  z.int().min(least).default(fallback).meta({ description });

/** A number of bytes that is not negative, as `64KiB` or as a number. */
export const bytes = (fallback: number, description: string) =>
  byteSize
    .refine((value) => value >= 0, { error: 'must not be negative' })
    .default(fallback)
    .meta({ description });

/** A duration that is not negative; the default is written as users write it. Output: nanoseconds. */
export const time = (fallback: string, description: string) =>
  positiveDuration.prefault(fallback).meta({ description });
