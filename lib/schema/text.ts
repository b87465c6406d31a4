/** Texts of the dynamic configuration that are more than text: header names and values, patterns, media types. */
import { z } from 'zod';
import { regexProblem } from './rule/regex.js';

/** A header field name (RFC 9110, section 5.1). */
export const headerName = z.string().refine((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name), {
  error: 'must be a header name',
  params: { code: 'FL2006', hint: 'letters, digits and - only' },
});

/** A header field value: no control characters, so that one value cannot add a header of its own. May be empty. */
export const headerValue = z.string().refine((value) => !/[\0-\x08\x0a-\x1f\x7f]/.test(value), {
  error: 'must not hold line breaks or other control characters',
  params: { code: 'FL2006' },
});

/** Header fields by name. */
export const headerMap = z.record(z.string(), headerValue).superRefine((headers, context) => {
  for (const name of Object.keys(headers)) {
    if (headerName.safeParse(name).success) continue;
    const params = { code: 'FL2006', hint: 'letters, digits and - only', part: 'key' };
    context.addIssue({ code: 'custom', message: `"${name}" is no header name`, path: [name], params });
  }
});

/** A regular expression of RE2. */
export const pattern = z.string().superRefine((value, context) => {
  const found = regexProblem(value);
  if (found === undefined) return;
  const params = { code: 'FL4006', hint: found.hint };
  context.addIssue({ code: 'custom', message: `error parsing regexp: ${found.message}`, params });
});

/** A media type as in Content-Type, parameters allowed (RFC 9110, section 8.3.1). */
export const mediaType = z.string().refine((value) => /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+\s*(;.*)?$/.test(value.trim()), {
  error: 'must be a media type',
  params: { code: 'FL2006', hint: 'such as text/html' },
});

/** An absolute http or https URL with a host. */
export const httpUrl = z.string().refine((value) => /^https?:\/\/[^/?#]/i.test(value) && URL.canParse(value), {
  error: 'must be an http or https URL',
  params: { code: 'FL2006', hint: 'such as http://127.0.0.1:9000/auth' },
});
